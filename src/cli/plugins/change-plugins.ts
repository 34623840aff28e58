import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '@oclif/core/interfaces'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import type { PluginProblem } from '../../registry/contribution.ts'
import { Registry } from '../../registry/registry.ts'
import { addUserPlugins } from '../../registry/user-plugins.ts'
import { bareConfig } from '../load-config.ts'
import { npmFailure } from './npm-failure.ts'
import { onCopyOf } from './plugin-folder.ts'

/**
 * Has one of oclif's commands change the user's plugins, and keeps the change only if it brings no problem that was not
 * there before: a package that is no plugin, speaks another contract, or clashes with one that is installed, is refused
 * as a whole.
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, LOCKED, STORAGE_DENIED, STORAGE_FULL, and what `change` throws
 */
export async function changePlugins(config: Config, change: () => Promise<unknown>): Promise<void> {
  const folder = config.dataDir
  const before = await problemsIn(config.root, folder)
  await onCopyOf(folder, async (copy) => {
    const logs = await mkdtemp(join(tmpdir(), 'dbvault-npm-'))
    const restore = setVariables({ npm_config_logs_dir: logs, DBVAULT_NPM_LOG_LEVEL: 'silent' })
    Object.assign(config, { dataDir: copy })
    try {
      await change()
    } catch (error) {
      throw inOurWords(error) ?? (await npmFailure(logs, error)) ?? error
    } finally {
      Object.assign(config, { dataDir: folder })
      restore()
      await rm(logs, { recursive: true, force: true })
    }
    const known = new Set(before.map(textOf))
    const fresh = (await problemsIn(config.root, copy)).filter(
      (problem) => !problem.partly && !known.has(textOf(problem)),
    )
    if (fresh.length > 0) throw refusal(fresh)
  })
}

/** oclif speaks of a package as its own developers would. */
function inOurWords(error: unknown): DbvaultError | undefined {
  if (!(error instanceof Error)) return undefined
  const refused = (what: string, hint: string): DbvaultError =>
    new DbvaultError('PLUGIN_INVALID', `No plugin was changed: ${what}`, { hints: [hint], cause: error })
  if (error.message === 'plugin is invalid') {
    return refused('the package is no plugin of dbvault', 'The package.json of a plugin has "oclif" and "dbvault".')
  }
  const [, folder] = /^could not find package\.json with .*root: '([^']*)'/s.exec(error.message) ?? []
  return folder === undefined
    ? undefined
    : refused(`there is no package.json in ${folder}`, 'Give the folder of the plugin.')
}

async function problemsIn(root: string, folder: string): Promise<readonly PluginProblem[]> {
  const config = await bareConfig(root)
  Object.assign(config, { dataDir: folder })
  const problems = await addUserPlugins(config)
  return [...problems, ...Registry.of(config).problems]
}

const textOf = ({ package: name, message }: PluginProblem): string => `${name}: ${message}`

function refusal(problems: readonly PluginProblem[]): DbvaultError {
  return new DbvaultError('PLUGIN_INVALID', `No plugin was changed: ${problems.map(textOf).join('; ')}`, {
    hints: ['The plugins that you had are there as before: dbvault plugins'],
  })
}

function setVariables(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const)
  for (const [name, value] of Object.entries(values)) process.env[name] ??= value
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
