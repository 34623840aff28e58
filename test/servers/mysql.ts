import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, it, type Suite } from 'mocha'
import { freePort } from './free-port.ts'

/** Where `test/servers/bring/mysql9` unpacks; other users have to reach it. */
export const MYSQL9_BIN = join(process.env['DBVAULT_TEST_MYSQL9'] ?? '/var/cache/dbvault-test/mysql9', 'dbvault-bin')

export interface TestServer {
  readonly vendor: 'MariaDB' | 'MySQL'
  readonly port: number
  readonly socket: string
  /** May do everything, from anywhere. */
  readonly user: string
  /** Breaks careless quoting. */
  readonly password: string
  /** Its own programs, where they are not on PATH. */
  readonly binDir?: string
  readonly pid: number
  /** Runs SQL with the vendor's client as an administrator; columns are tab-separated. */
  sql(text: string, database?: string): Promise<string>
  /** What the vendor's own program dumps of it; '' where nothing is. */
  dump(database: string): Promise<string>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Kills it and starts it again on the same files. */
  crash(): Promise<void>
}

export interface ServerOptions {
  readonly vendor: TestServer['vendor']
  readonly args?: readonly string[]
}

const started = new Map<TestServer['vendor'], Promise<TestServer>>()
const run = promisify(execFile)

/** The one server of this vendor that all tests of this process share. */
export function sharedServer(vendor: TestServer['vendor']): Promise<TestServer> {
  const server = started.get(vendor) ?? startServer({ vendor })
  started.set(vendor, server)
  return server
}

export function hasServer(vendor: TestServer['vendor']): boolean {
  if (vendor === 'MySQL') return existsSync(join(MYSQL9_BIN, 'complete'))
  return programPath('mariadbd') !== undefined && programPath('mariadb-dump') !== undefined
}

/**
 * A `describe` on a server of this vendor. MySQL 9 comes from a moving release, which may serve it no longer: then the
 * suite is left out by name, also where everything is required.
 */
export function whereServed(vendor: TestServer['vendor'], title: string, define: (this: Suite) => void): void {
  if (vendor === 'MySQL' && !hasServer(vendor))
    describe(title, () => void it("(not asked: Debian's moving release did not give MySQL 9)"))
  else describe(title, define)
}

/** Starts one on a free port of this machine and a socket, in a folder of its own; it ends with this process. */
export async function startServer({ vendor, args = [] }: ServerOptions): Promise<TestServer> {
  // In memory where that can be: each table is a file, and files are made slowly on disks.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dbvault-server-'))
  const data = join(folder, 'data')
  const files = join(folder, 'files')
  const as = unprivileged([folder, data, files])
  const binDir = vendor === 'MySQL' ? MYSQL9_BIN : undefined
  const program = (name: string): string => (binDir === undefined ? (programPath(name) ?? name) : join(binDir, name))
  const port = await freePort()
  const socket = join(folder, 's')
  const base = [
    '--no-defaults',
    `--datadir=${data}`,
    `--tmpdir=${files}`,
    '--innodb-flush-method=nosync',
    '--innodb-doublewrite=0',
  ]
  const [command, install] =
    vendor === 'MySQL'
      ? [program('mysqld'), ['--initialize-insecure', `--secure-file-priv=${files}`]]
      : [program('mariadb-install-db'), ['--auth-root-authentication-method=normal', '--skip-test-db']]
  execFileSync(as[0] ?? command, [...as.slice(1), ...(as.length > 0 ? [command] : []), ...base, ...install], {
    stdio: 'ignore',
    env: environment(),
  })
  const server = program(vendor === 'MySQL' ? 'mysqld' : 'mariadbd')
  const serve = [
    ...base,
    `--secure-file-priv=${files}`,
    `--socket=${socket}`,
    `--port=${port}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--log-error=${join(folder, 'log')}`,
    '--bind-address=127.0.0.1',
    '--innodb-flush-log-at-trx-commit=0',
    '--event-scheduler=ON',
    '--max-allowed-packet=256M',
    ...(vendor === 'MySQL' ? ['--mysqlx=OFF', '--sync-binlog=0'] : []),
    ...args,
  ]
  const begin = () => {
    const begun = spawn(as[0] ?? server, [...as.slice(1), ...(as.length > 0 ? [server] : []), ...serve], {
      stdio: 'ignore',
      env: environment(),
    })
    begun.unref()
    return begun
  }
  let child = begin()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
    child.ref()
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await gone
  }
  const cleanUp = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', cleanUp)

  const answering = async (): Promise<void> => {
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`${vendor} did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`)
      const answered = await sql('SELECT 1').catch(() => undefined)
      if (answered !== undefined) return
      await delay(50)
    }
  }
  const client = program(vendor === 'MySQL' ? 'mysql' : 'mariadb')
  const dumper = program(vendor === 'MySQL' ? 'mysqldump' : 'mariadb-dump')
  const user = 'vault'
  const password = `p#a"s'\\ ;$é%=]${randomBytes(4).toString('hex')}`
  const sql = async (text: string, database?: string): Promise<string> => {
    const fixed = ['--no-defaults', `--socket=${socket}`, '--user=root', '--batch', '--skip-column-names']
    const options = [
      ...fixed,
      '--binary-mode',
      '--comments',
      '--default-character-set=utf8mb4',
      '--max-allowed-packet=256M',
    ]
    const running = run(client, [...options, ...(database === undefined ? [] : [database])], {
      env: environment(),
      maxBuffer: 1024 ** 3,
    })
    running.child.stdin?.on('error', () => {}) // Why it stopped reading is for its exit to say.
    running.child.stdin?.end(text)
    return (await running).stdout
  }
  const found: TestServer = {
    vendor,
    port,
    socket,
    user,
    password,
    ...(binDir !== undefined && { binDir }),
    pid: child.pid ?? 0,
    sql,
    async dump(database) {
      const quoted = `'${database.replaceAll("'", "''")}'`
      const count = await sql(
        `SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoted}) + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ${quoted})`,
      )
      if (count.trim() === '0') return ''
      const own = vendor === 'MySQL' ? ['--set-gtid-purged=OFF', '--column-statistics=0'] : ['--dump-history']
      const options = [
        '--skip-comments',
        '--routines',
        '--triggers',
        '--events',
        '--hex-blob',
        '--order-by-primary',
        '--no-tablespaces',
      ]
      const login = ['--no-defaults', `--socket=${socket}`, '--user=root', '--default-character-set=utf8mb4']
      const { stdout } = await run(dumper, [...login, ...options, ...own, database], {
        env: environment(),
        maxBuffer: 1024 ** 3,
      })
      return stdout
    },
    async stop(signal = 'SIGTERM') {
      await end(signal)
      process.off('exit', cleanUp)
      cleanUp()
    },
    async crash() {
      await end('SIGKILL')
      child = begin()
      await answering()
    },
  }

  await answering()
  await sql(
    `CREATE USER '${user}'@'%' IDENTIFIED BY ${literal(password)}; GRANT ALL ON *.* TO '${user}'@'%' WITH GRANT OPTION`,
  )
  return found
}

function literal(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}

/** Servers refuse to be root. The folders are given to the user that they shall be. */
function unprivileged(folders: readonly string[]): string[] {
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (process.getuid?.() !== 0) return []
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = lines.find(([user]) => user === 'mysql') ?? lines.find(([user]) => user === 'nobody')
  const [uid, gid] = [Number(entry?.[2]), Number(entry?.[3])]
  for (const folder of folders) chownSync(folder, uid, gid)
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--pdeathsig=KILL', '--']
}

/** An exported option reaches a server and its programs too. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin` }
}

function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}
