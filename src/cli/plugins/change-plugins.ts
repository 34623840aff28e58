import { dirname } from 'node:path'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Config } from '@oclif/core/interfaces'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { grace } from '../../host/transfer/grace.ts'
import { unlessAborted } from '../../host/unless-aborted.ts'
import type { PluginProblem } from '../../registry/contribution.ts'
import { diskError, errnoOf } from '../../storage/disk-error.ts'
import { Registry } from '../../registry/registry.ts'
import { addUserPlugins } from '../../registry/user-plugins.ts'
import { bareConfig } from '../load-config.ts'
import { tryPlugins, versionsIn } from './try-plugins.ts'
import { npmFailure } from './npm-failure.ts'
import { besideOf, onCopyOf } from './plugin-folder.ts'

/** A Ctrl-C reaches npm, too, which then ends by itself; SIGTERM does not. */
const NPM_MS = 3_000

/**
 * Has one of oclif's commands change the user's plugins, and keeps the change only if it brings no problem that was not
 * there before: a package that is no plugin, speaks another contract, or clashes with one that is installed, is refused
 * as a whole, and so is one whose code cannot be loaded.
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, LOCKED, STORAGE_DENIED, STORAGE_FULL, and what `change` throws
 */
export async function changePlugins(
  config: Config,
  signal: AbortSignal,
  change: () => Promise<unknown>,
): Promise<void> {
  const folder = config.dataDir
  const before = await problemsIn(config.root, folder)
  const changed = onCopyOf(folder, async (copy) => {
    const logs = await mkdtemp(besideOf(folder))
    const restore = setVariables({
      npm_config_logs_dir: logs,
      DBVAULT_NPM_LOG_LEVEL: process.env['DBVAULT_NPM_LOG_LEVEL'] ?? 'silent',
      // What libraries of npm's print for it holds the password of a proxy.
      DEBUG: undefined,
    })
    Object.assign(config, { dataDir: copy })
    try {
      using late = grace(signal, NPM_MS)
      await unlessAborted(late.signal, change())
      signal.throwIfAborted()
    } catch (error) {
      if (signal.aborted) throw unchanged(signal)
      if (DbvaultError.is(error)) throw error
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
    if (fresh.length > 0) throw await refusal(fresh, folder)
    const broken = await tryPlugins(folder, copy, signal).catch((error: unknown) => {
      throw signal.aborted ? unchanged(signal) : error
    })
    if (broken.length > 0) throw await refusal(broken, folder)
  })
  await changed.catch((error: unknown) => {
    throw unwritable(folder, error) ?? error
  })
}

/** What kept dbvault itself from the folder in which plugins are kept. */
function unwritable(folder: string, error: unknown): DbvaultError | undefined {
  const failure = diskError('write to', dirname(folder), error)
  if (failure === error || !DbvaultError.is(failure)) return undefined
  if (failure.code === 'STORAGE_FAILED' && errnoOf(error) !== 'ENOTDIR') return undefined
  return new DbvaultError(failure.code, `No plugin was changed: ${failure.message}`, {
    hints: ['Plugins are kept there. DBVAULT_DATA_DIR names another folder for them, to every command.'],
    cause: error,
  })
}

function unchanged({ reason }: AbortSignal): unknown {
  if (!DbvaultError.is(reason)) return reason
  return new DbvaultError(reason.code, `No plugin was changed: ${reason.message}`, { cause: reason })
}

/** oclif speaks of a package as its own developers would. */
function inOurWords(error: unknown): DbvaultError | undefined {
  if (!(error instanceof Error)) return undefined
  const refused = (what: string, hint: string): DbvaultError =>
    new DbvaultError('PLUGIN_INVALID', `No plugin was changed: ${what}`, { hints: [hint], cause: error })
  if (error.message === 'plugin is invalid') {
    return refused('the package is no plugin of dbvault', 'The package.json of a plugin has "oclif" and "dbvault".')
  }
  const [, absent] = /^(\S+) is not installed$/.exec(error.message) ?? []
  if (absent !== undefined) {
    return new DbvaultError('PLUGIN_NOT_FOUND', `No plugin was changed: no plugin called ${absent} is installed`, {
      hints: ['dbvault plugins names those that are'],
      cause: error,
    })
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

async function refusal(problems: readonly PluginProblem[], folder: string): Promise<DbvaultError> {
  const installed = await versionsIn(folder)
  const pins = problems.flatMap(({ package: name }) => {
    const version = installed.get(name)?.version
    return version === undefined
      ? []
      : [`dbvault plugins install ${name}@${version}   (stays with it when others are updated)`]
  })
  return new DbvaultError('PLUGIN_INVALID', `No plugin was changed: ${problems.map(textOf).join('; ')}`, {
    hints: ['The plugins that you had are there as before: dbvault plugins', ...pins],
  })
}

function setVariables(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]))
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  return () => void setVariables(before)
}
