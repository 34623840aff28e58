import { glob, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { parseDescriptor } from '../../src/registry/descriptor.ts'

/**
 * Copies the descriptor of every plugin in `plugins/` from its TypeScript to the `dbvault` field of its package.json;
 * with `--check` fails where the two differ.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))

for await (const name of glob('plugins/*/package.json', { cwd: root })) {
  const file = join(root, name)
  const entry = pathToFileURL(join(dirname(file), 'src/index.ts')).href
  const { default: plugin } = (await import(entry)) as { default: { descriptor: unknown } }
  const descriptor = parseDescriptor(plugin.descriptor)
  const pjson = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  if (isDeepStrictEqual(pjson['dbvault'], descriptor)) continue
  if (process.argv.includes('--check')) {
    console.error(`the "dbvault" field of ${name} is out of date; run: npm run metadata`)
    process.exitCode = 1
  } else {
    await writeFile(file, `${JSON.stringify({ ...pjson, dbvault: descriptor }, undefined, 2)}\n`)
  }
}
