import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PluginProblem } from '../../registry/contribution.ts'
import { listUserPackages, readPackage } from '../../registry/user-packages.ts'

const PROGRAM = fileURLToPath(new URL('import-plugin.js', import.meta.url))
const LONGEST_MS = 60_000

/**
 * Imports what is installed in `after` and was not in `before`, each in a process of its own, and returns what is wrong.
 * What is linked is not looked at: it may still have to be built.
 */
export async function tryPlugins(
  before: string,
  after: string,
  signal: AbortSignal,
): Promise<readonly PluginProblem[]> {
  const known = await versionsIn(before)
  const problems: PluginProblem[] = []
  for (const [name, { version, root }] of await versionsIn(after)) {
    if (known.get(name)?.version === version) continue
    const problem = await importIn(root, signal)
    signal.throwIfAborted()
    if (problem !== undefined)
      problems.push({ package: name, message: `version ${version} cannot be used: ${problem}` })
  }
  return problems
}

/** What was installed in a folder. */
export async function versionsIn(
  folder: string,
): Promise<ReadonlyMap<string, { readonly version: string; readonly root: string }>> {
  const found = new Map<string, { version: string; root: string }>()
  for (const { name, type, root } of await listUserPackages(folder, [])) {
    const pjson = type === 'user' ? await readPackage(root).catch(() => undefined) : undefined
    if (pjson) found.set(name, { version: String(pjson['version']), root })
  }
  return found
}

/** What is wrong with the plugin; undefined for nothing. */
async function importIn(root: string, signal: AbortSignal): Promise<string | undefined> {
  const child = fork(PROGRAM, [root], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const end = (): void => void child.kill('SIGKILL')
  const timer = setTimeout(end, LONGEST_MS)
  signal.addEventListener('abort', end)
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      child.once('message', (told) => resolve((told as { problem?: string }).problem))
      child.once('error', reject)
      child.once('exit', () => resolve('its module cannot be loaded: that never comes to an end, or ends the process'))
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    end()
  }
}
