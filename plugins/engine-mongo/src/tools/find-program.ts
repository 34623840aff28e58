import type { Host } from 'dbvault'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

export interface Program {
  readonly path: string
  /** Such as `7.0.5`. */
  readonly version: string
}

/** A program of MongoDB, in `binDir` or else on PATH. Undefined when there is none that says its version. */
export async function findProgram(name: string, binDir: string | undefined, host: Host): Promise<Program | undefined> {
  const directories =
    binDir === undefined
      ? (process.env['PATH'] ?? '').split(delimiter).filter((each) => each.startsWith('/'))
      : [binDir]
  for (const directory of directories) {
    const path = join(directory, name)
    if (!(await isProgram(path))) continue
    const version = await versionOf(path, host)
    if (version !== undefined) return { path, version }
  }
  return undefined
}

/** `db version v7.0.5`, `mongodump version: 100.13.0` */
async function versionOf(path: string, host: Host): Promise<string | undefined> {
  let said = ''
  try {
    for await (const chunk of host.runTool({ command: path, args: ['--version'], env: { LC_ALL: 'C' } })) {
      said += Buffer.from(chunk).toString('utf8')
    }
  } catch {
    host.signal.throwIfAborted()
    return undefined
  }
  return /version:? v?(\S+)/.exec(said)?.[1]
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
