import type { SystemUser, TempDir, ToolCall } from 'dbvault'
import { access, chown, constants, mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import type { Tool } from '../tool/find-tools.ts'

export interface ServerOptions {
  readonly server: Tool
  /** Of the server that was dumped. */
  readonly lowerCaseTableNames: number
}

/** Where a private server keeps its files, and how a program is run as its user. */
export interface Files {
  readonly data: string
  readonly temporary: string
  readonly socket: string
  readonly as: readonly string[]
}

/**
 * Lays out the directory of a private server.
 * @param owner whose the directory is, where that is another user than this program's
 */
export async function layOut(directory: TempDir, owner: SystemUser | undefined): Promise<Files> {
  const data = join(directory.path, 'data')
  const temporary = join(directory.path, 'tmp')
  await mkdir(data, { mode: 0o700 })
  await mkdir(temporary, { mode: 0o700 })
  const files = { data, temporary, socket: join(directory.path, 's') }
  const setpriv = await onPath('setpriv')
  if (setpriv === undefined) return { ...files, as: [] }
  // That its parent is killed reaches the server too: nothing else would end it.
  const die = ['--pdeathsig=KILL', '--']
  if (owner === undefined || !(await openToAll(directory.path))) return { ...files, as: [setpriv, ...die] }
  const { uid, gid } = owner
  await Promise.all([data, temporary].map((path) => chown(path, uid, gid)))
  return { ...files, as: [setpriv, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...die] }
}

/** Whether every directory above it may be passed by everyone. */
async function openToAll(path: string): Promise<boolean> {
  for (let above = dirname(await realpath(path)); above !== dirname(above); above = dirname(above)) {
    if (((await stat(above)).mode & 0o001) === 0) return false
  }
  return true
}

async function onPath(program: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, program)
    if (directory !== '' && (await executable(path))) return path
  }
  return undefined
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/**
 * As root, the user that servers run as here, or else nobody: a server runs what a dump says with all that its user may.
 * Undefined when we are not root, or others cannot get to the server's program.
 */
export async function unprivileged(server: Tool): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  const entry = lines.find(([user]) => user === 'mysql') ?? lines.find(([user]) => user === 'nobody')
  if (entry === undefined || !(await openToAll(server.path))) return undefined
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}

/** The program that makes the first files of MariaDB's server; of MySQL's it is the server itself. */
export async function installer(server: Tool): Promise<string | undefined> {
  if (server.vendor === 'MySQL') return server.path
  const directory = dirname(server.path)
  for (const place of ['.', '../bin', '../scripts']) {
    for (const program of ['mariadb-install-db', 'mysql_install_db']) {
      const path = join(directory, place, program)
      if (await executable(path)) return path
    }
  }
  return await onPath('mariadb-install-db')
}

export function initialise(install: string, { server, lowerCaseTableNames }: ServerOptions, files: Files): ToolCall {
  const args = [
    '--no-defaults',
    // A server that starts removes what it takes for its own in there: never in the directory that all share.
    `--tmpdir=${files.temporary}`,
    `--datadir=${files.data}`,
    `--lower-case-table-names=${lowerCaseTableNames}`,
    ...CARELESS,
  ]
  if (server.vendor === 'MySQL') {
    const own = ['--initialize-insecure', '--skip-log-bin', `--secure-file-priv=${files.temporary}`, ...asRoot(files)]
    return as(files, install, [...args, ...own, '--innodb-redo-log-capacity=8M', '--performance-schema=OFF'])
  }
  const own = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve', ...asRoot(files)]
  return as(files, install, [...args, ...own, '--innodb-log-file-size=4M', NO_SYNC])
}

export function serve({ server, lowerCaseTableNames }: ServerOptions, files: Files): ToolCall {
  return as(files, server.path, [
    '--no-defaults',
    `--datadir=${files.data}`,
    `--tmpdir=${files.temporary}`,
    `--secure-file-priv=${files.temporary}`,
    `--lower-case-table-names=${lowerCaseTableNames}`,
    `--socket=${files.socket}`,
    `--pid-file=${join(files.temporary, 'pid')}`,
    ...CARELESS,
    ...asRoot(files),
    '--skip-networking',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--innodb-fast-shutdown=2',
    '--event-scheduler=OFF',
    '--innodb-buffer-pool-size=128M',
    '--max-allowed-packet=1G',
    '--local-infile=0',
    '--performance-schema=OFF',
    ...(server.vendor === 'MySQL'
      ? ['--mysqlx=OFF', '--innodb-redo-log-capacity=512M']
      : ['--symbolic-links=0', '--innodb-log-file-size=256M', NO_SYNC]),
  ])
}

/** Files that are thrown away need not survive a power cut. */
const CARELESS = ['--innodb-flush-method=nosync', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0']

/** Of MariaDB: waits for no disk when it makes a table either. With thousands of tables that is most of the time. */
const NO_SYNC = '--debug-no-sync'

/** A server refuses to be root unless it is told that this is meant. */
function asRoot({ as: wrapper }: Files): string[] {
  return process.getuid?.() === 0 && !wrapper.some((word) => word.startsWith('--reuid')) ? ['--user=root'] : []
}

function as({ as: [wrapper, ...words] }: Files, command: string, args: readonly string[]): ToolCall {
  return wrapper === undefined ? { command, args } : { command: wrapper, args: [...words, command, ...args] }
}
