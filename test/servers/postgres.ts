import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A PostgreSQL that was started for these tests, on a free port and a socket of its own. */
export interface TestPostgres {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly socketDirectory: string
  readonly user: 'postgres'
  readonly password: string
  readonly binDir: string
  readonly version: number
  /** Runs psql as the superuser. @throws what psql said */
  psql(database: string, sql: string): string
  /** Stops at once, as after a power cut, and starts again on the same port. */
  crash(): Promise<void>
  start(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'
/** Passwords may hold anything; this one holds what breaks careless quoting. */
const PASSWORD = `p#a"s'\\ \u23ce;$\u00e9%=]:&`

/** The newest PostgreSQL server that is installed; undefined when there is none. */
export function installedPostgres(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined
  const versions = readdirSync(DEBIAN).filter((name) => existsSync(join(DEBIAN, name, 'bin/postgres')))
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  return newest === undefined ? undefined : join(DEBIAN, newest, 'bin')
}

let shared: Promise<Running> | undefined

/** One for all tests of this process, started when first asked for. */
export async function testPostgres(): Promise<TestPostgres> {
  return await (shared ??= startPostgres())
}

// Outside of the tests, in `bench/`, there is no such hook.
globalThis.after?.(async () => {
  await (await shared)?.stop()
  shared = undefined
})

export interface Running extends TestPostgres {
  stop(): Promise<void>
}

/** Starts one for a test that breaks it: a new one, or a standby of another. */
export async function startPostgres(binDir = installedPostgres(), primary?: Running): Promise<Running> {
  if (binDir === undefined) throw new Error('PostgreSQL is not installed; see test/servers/install')
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-pg-'))
  const user = asUser()
  if (user) chownSync(folder, user.uid, user.gid)
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: folder }
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 })
  const [program, ...options] =
    primary === undefined
      ? [
          'initdb',
          '-U',
          'postgres',
          '-A',
          'scram-sha-256',
          `--pwfile=${passwordFile}`,
          '-E',
          'UTF8',
          '--locale=C.UTF-8',
        ]
      : [
          'pg_basebackup',
          '-U',
          'postgres',
          '-h',
          primary.socketDirectory,
          '-p',
          String(primary.port),
          '-R',
          '-c',
          'fast',
        ]
  const made = spawnSync(join(binDir, program), [...options, '-D', data, '--no-sync'], {
    env: { ...env, PGPASSWORD: PASSWORD },
    cwd: folder,
    ...user,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`${program}: ${made.stderr || String(made.error)}`)
  const port = await freePort()
  let server: ChildProcess | undefined

  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    wal_level: 'logical',
    max_connections: '100',
    log_min_messages: 'fatal',
    ...(existsSync(join(binDir, '../lib/pg_cron.so')) && {
      shared_preload_libraries: 'pg_cron',
      'cron.database_name': 'with_cron',
    }),
  }
  const psql = (database: string, sql: string): string => {
    const ran = spawnSync(
      join(installedPostgres() ?? binDir, 'psql'),
      [
        '-X',
        '-q',
        '-A',
        '-t',
        '-w',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        folder,
        '-p',
        String(port),
        '-U',
        'postgres',
        '-d',
        database,
        '-f',
        '-',
      ],
      { env: { ...env, PGPASSWORD: PASSWORD }, input: sql, encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    if (ran.status !== 0) throw new Error(`psql: ${ran.stderr || String(ran.error)}`)
    return ran.stdout
  }
  const start = async (): Promise<void> => {
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    // Ends with this process, also when that is killed.
    const script =
      'exec 3<&0 </dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -QUIT $server; } & wait $server'
    server = spawn('/bin/sh', ['-c', script, 'sh', join(binDir, 'postgres'), '-D', data, ...args], {
      env,
      cwd: folder,
      ...user,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    for (let round = 0; ; round++) {
      try {
        psql('postgres', 'SELECT 1')
        return
      } catch (error) {
        if (round > 300 || server.exitCode !== null) throw error
        await delay(50)
      }
    }
  }
  const crash = async (): Promise<void> => {
    const gone = server
    if (gone === undefined || gone.exitCode !== null) return
    const exited = once(gone, 'exit')
    gone.stdin?.end()
    await exited
  }
  await start()
  return {
    host: '127.0.0.1',
    port,
    socketDirectory: folder,
    user: 'postgres',
    password: PASSWORD,
    binDir,
    version: Number.parseInt(psql('postgres', 'SHOW server_version'), 10),
    psql,
    crash,
    start,
    async stop() {
      await crash()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A name that no other test uses. */
export function databaseName(start = 'db'): string {
  return `${start}_${randomBytes(5).toString('hex')}`
}

/** PostgreSQL refuses to run as root. */
function asUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}
