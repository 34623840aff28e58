import type { Host } from 'dbvault'
import { constants } from 'node:fs'
import { access, readdir, realpath, stat } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'

/** The programs of one installed PostgreSQL. */
export interface Tools {
  readonly directory: string
  /** Of pg_dump, such as `15.18`. */
  readonly version: string
  readonly major: number
  /** Whether a server can be started from here as well. */
  readonly hasServer: boolean
}

/** Where packages put the versions side by side: Debian, Red Hat, and the installers for macOS. */
const PARENTS = [
  { parent: '/usr/lib/postgresql', bin: 'bin' },
  { parent: '/usr', bin: 'bin', only: /^pgsql-/ },
  { parent: '/opt/homebrew/opt', bin: 'bin', only: /^(?:postgresql@|libpq$)/ },
  { parent: '/usr/local/opt', bin: 'bin', only: /^(?:postgresql@|libpq$)/ },
  { parent: '/Library/PostgreSQL', bin: 'bin' },
]

/** Everything that is installed here, the newest first; or what is in `binDir` alone. */
export async function findTools(binDir: string | undefined, host: Host): Promise<Tools[]> {
  const directories = binDir === undefined ? await usualDirectories() : [binDir]
  const found = await Promise.all(directories.map((directory) => look(directory, host)))
  return found
    .filter((tools) => tools !== undefined)
    .sort((a, b) => compareVersions(b.version, a.version) || Number(b.hasServer) - Number(a.hasServer))
}

async function look(directory: string, host: Host): Promise<Tools | undefined> {
  const program = join(directory, 'pg_dump')
  if (!(await isProgram(program))) return undefined
  const version = await versionOf(program, host)
  if (version === undefined) return undefined
  const needed = ['initdb', 'postgres', 'pg_restore']
  const there = await Promise.all(needed.map((name) => isProgram(join(directory, name))))
  return { directory, version, major: Number.parseInt(version, 10), hasServer: there.every(Boolean) }
}

/** What programs have said of themselves: a backup looks for them several times, and each answer takes a process. */
const versions = new Map<string, string>()

async function versionOf(program: string, host: Host): Promise<string | undefined> {
  const file = await stat(program).catch(() => undefined)
  if (file === undefined) return undefined
  const asItIs = `${program} ${file.dev} ${file.ino} ${file.mtimeMs}`
  const known = versions.get(asItIs)
  if (known !== undefined) return known
  const version = await askVersion(program, host)
  if (version !== undefined) versions.set(asItIs, version)
  return version
}

/** `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` */
async function askVersion(program: string, host: Host): Promise<string | undefined> {
  let said = ''
  try {
    for await (const chunk of host.runTool({ command: program, args: ['--version'], env: { LC_ALL: 'C' } })) {
      said += Buffer.from(chunk).toString('utf8')
    }
  } catch {
    host.signal.throwIfAborted()
    return undefined
  }
  return /\(PostgreSQL\) (\d+(?:\.\d+)?\S*)/.exec(said)?.[1]
}

async function usualDirectories(): Promise<string[]> {
  const nested = await Promise.all(
    PARENTS.map(async ({ parent, bin, only }) => {
      const names = await readdir(parent).catch(() => [])
      return names.filter((name) => !only || only.test(name)).map((name) => join(parent, name, bin))
    }),
  )
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((name) => name.startsWith('/'))
  const resolved = await Promise.all([...nested.flat(), ...onPath].map((name) => realpath(name).catch(() => undefined)))
  const directories = [...new Set(resolved.filter((name) => name !== undefined))]
  const started = await Promise.all(directories.map(startsAnother))
  return directories.filter((_, place) => !started[place])
}

/** Debian's `/usr/bin/pg_dump` is a slow script that starts one of those below `/usr/lib/postgresql`. */
async function startsAnother(directory: string): Promise<boolean> {
  const program = await realpath(join(directory, 'pg_dump')).catch(() => '')
  return basename(program) === 'pg_wrapper'
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (const place of [0, 1]) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
