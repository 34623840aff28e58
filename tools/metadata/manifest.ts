import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { Plugin } from '@oclif/core/config'

/**
 * Writes `oclif.manifest.json`, from which oclif knows the commands without importing them; with `--check` fails where
 * it is not what the built commands say. Only the core's own commands: what plugins contribute is added when it runs.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const file = `${root}oclif.manifest.json`

const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
})
await plugin.load()
const manifest = `${JSON.stringify(plugin.manifest, undefined, 2)}\n`

if (process.argv.includes('--check')) {
  const stored = await readFile(file, 'utf8').catch(() => '{}')
  if (!isDeepStrictEqual(JSON.parse(stored), JSON.parse(manifest))) {
    console.error('oclif.manifest.json is out of date; run: npm run build && npm run manifest')
    process.exitCode = 1
  }
} else {
  // In one step: a dbvault that is started meanwhile must not read half of it.
  await writeFile(`${file}.new`, manifest)
  await rename(`${file}.new`, file)
}
