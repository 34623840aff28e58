import type { FlagValues, Host } from 'dbvault'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Flags } from '../descriptor.ts'
import { compareVersions, series, type Vendor } from '../server/facts.ts'

export interface Tool {
  readonly path: string
  readonly vendor: Vendor
  readonly version: string
  /** Long options that it lists in its help. */
  readonly knows: (option: string) => boolean
}

/** What a program is for, and the names that the vendors gave it. What it is, is asked of the program itself. */
const NAMES = {
  dump: { MariaDB: ['mariadb-dump', 'mysqldump'], MySQL: ['mysqldump', 'mariadb-dump'] },
  client: { MariaDB: ['mariadb', 'mysql'], MySQL: ['mysql', 'mariadb'] },
  server: { MariaDB: ['mariadbd', 'mysqld'], MySQL: ['mysqld', 'mariadbd'] },
} as const

const SERVER_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/mysql/bin', '/opt/homebrew/bin']

type Kind = keyof typeof NAMES

/** In the order of preference: those of the server's vendor first. */
export async function* findTools(
  kind: Kind,
  vendor: Vendor,
  flags: Partial<FlagValues<Flags>>,
  host: Host,
): AsyncGenerator<Tool> {
  const directories = [
    ...(flags['bin-dir'] === undefined ? [] : [flags['bin-dir']]),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== ''),
    ...(kind === 'server' ? SERVER_DIRECTORIES : []),
  ]
  const seen = new Set<string>()
  const others: Tool[] = []
  for (const name of NAMES[kind][vendor]) {
    for (const directory of directories) {
      const path = join(directory, name)
      if (seen.has(path) || !(await executable(path))) continue
      seen.add(path)
      const tool = await ask(path, kind, host)
      if (tool?.vendor === vendor) yield tool
      else if (tool) others.push(tool)
    }
  }
  yield* others
}

/** @throws TOOL_NOT_FOUND */
export async function findTool(
  kind: 'dump' | 'client',
  vendor: Vendor,
  flags: Partial<FlagValues<Flags>>,
  host: Host,
): Promise<Tool> {
  for await (const tool of findTools(kind, vendor, flags, host)) return tool
  const names = NAMES[kind][vendor].join(' or ')
  const where = flags['bin-dir'] === undefined ? 'on PATH' : `on PATH or in ${flags['bin-dir']}`
  throw host.error('TOOL_NOT_FOUND', `There is no ${names} ${where}`, {
    hints: [
      `Install the client programs of ${vendor}${vendor === 'MariaDB' ? ': apt install mariadb-client' : ''}.`,
      'Or name the directory that they are in with --mysql-bin-dir.',
    ],
  })
}

/**
 * A server program that can hold what a server of this vendor and version held, and restore it in the same way: of the
 * same series if there is one, else the next newer that is found.
 */
export async function findServer(
  vendor: Vendor,
  version: string,
  flags: Partial<FlagValues<Flags>>,
  host: Host,
): Promise<Tool | undefined> {
  let newer: Tool | undefined
  for await (const tool of findTools('server', vendor, flags, host)) {
    if (tool.vendor !== vendor) continue
    if (series(tool.version) === series(version)) return tool
    if (compareVersions(tool.version, version) > 0) newer ??= tool
  }
  return newer
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function ask(path: string, kind: Kind, host: Host): Promise<Tool | undefined> {
  try {
    const said = await output(path, ['--no-defaults', '--version'], host)
    const help = kind === 'server' ? '' : await output(path, ['--no-defaults', '--help'], host)
    // "Ver 10.19 Distrib 10.11.19-MariaDB", "from 11.4.2-MariaDB", "Ver 8.0.36 for Linux"
    const version = /(?:Distrib|from) (\d+\.\d+\.\d+)/.exec(said)?.[1] ?? /(\d+\.\d+\.\d+)/.exec(said)?.[1]
    if (version === undefined) return undefined
    const options = new Set(Array.from(help.matchAll(/--([a-z][a-z-]+)/g), (match) => match[1]))
    return {
      path,
      vendor: /-mariadb/i.test(said) ? 'MariaDB' : 'MySQL',
      version,
      knows: (option) => options.has(option),
    }
  } catch {
    host.signal.throwIfAborted()
    return undefined // It does not run, so it is none.
  }
}

async function output(command: string, args: readonly string[], host: Host): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of host.runTool({ command, args })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
