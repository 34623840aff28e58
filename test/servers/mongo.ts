import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DOCUMENTDB, GO_PROGRAMS } from '../support/tools.ts'
import { freePort } from './free-port.ts'

/** A server that speaks MongoDB's protocol and keeps what it is given: FerretDB in front of DocumentDB. */
export interface TestMongo {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  /** Of whoever may do anything, for a client of the tests' own. */
  readonly url: string
  /** Stops what answers clients, at once; the data stays. */
  crash(): Promise<void>
  start(): Promise<void>
}

export interface Running extends TestMongo {
  stop(): Promise<void>
}

const USER = 'vault'
/** Passwords may hold anything; this one holds what breaks careless quoting. */
const PASSWORD = `p#a"s'\\ \u23ce;$\u00e9%=]:&@/?`

let shared: Promise<Running> | undefined

/** One for all tests of this process, started when first asked for. */
export async function testMongo(): Promise<TestMongo> {
  return await (shared ??= startMongo())
}

// Benchmarks start it outside of mocha, too.
globalThis.after?.(async () => {
  await (await shared)?.stop()
  shared = undefined
})

/** Starts one for a test that breaks it. */
export async function startMongo(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-mongo-'))
  const [port, postgresPort] = [await freePort(), await freePort()]
  const postgres = await startDocumentDb(folder, postgresPort)
  const url = `mongodb://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/`
  let server: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const args = [
      `--postgresql-url=postgres://postgres@127.0.0.1:${postgresPort}/postgres`,
      `--listen-addr=127.0.0.1:${port}`,
      '--debug-addr=-',
      `--state-dir=${join(folder, 'state')}`,
      '--telemetry=disable',
    ]
    server = runWhileFed(GO_PROGRAMS.ferretdb, args, 'KILL', { PATH: process.env['PATH'] ?? '', HOME: folder })
    await answering(port, server)
  }
  mkdirSync(join(folder, 'state'))
  await start()
  const crash = async (): Promise<void> => await ended(server)
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    url,
    start,
    crash,
    async stop() {
      await crash()
      await ended(postgres)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** PostgreSQL with the extension, and a user to log in as. */
async function startDocumentDb(folder: string, port: number): Promise<ChildProcess> {
  const user = asUser()
  if (user) chownSync(folder, user.uid, user.gid)
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: folder }
  const data = join(folder, 'data')
  const options = { env, cwd: folder, ...user, encoding: 'utf8' } as const
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const made = spawnSync(join(DOCUMENTDB, 'initdb'), initdb, options)
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr || String(made.error)}`)
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    shared_preload_libraries: 'pg_cron,pg_documentdb_core,pg_documentdb',
    'cron.database_name': 'postgres',
    fsync: 'off',
    max_connections: '200',
    log_min_messages: 'fatal',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = runWhileFed(join(DOCUMENTDB, 'postgres'), ['-D', data, ...args], 'QUIT', env, user)
  const sql = `SET client_min_messages = warning; CREATE EXTENSION documentdb CASCADE;
    CREATE ROLE ${USER} LOGIN SUPERUSER PASSWORD '${PASSWORD.replaceAll("'", "''")}'`
  for (let round = 0; ; round++) {
    const psql = [
      '-X',
      '-q',
      '-w',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      folder,
      '-p',
      String(port),
      '-U',
      'postgres',
      '-f',
      '-',
    ]
    const ran = spawnSync(join(DOCUMENTDB, 'psql'), psql, { ...options, input: sql })
    if (ran.status === 0) return server
    if (round > 300 || server.exitCode !== null || ran.status !== 2) throw new Error(`psql: ${ran.stderr}`)
    await delay(50)
  }
}

/** The program ends with this process, also when that is killed. */
function runWhileFed(
  program: string,
  args: readonly string[],
  signal: string,
  env: NodeJS.ProcessEnv,
  user?: { uid: number; gid: number },
): ChildProcess {
  const script = `exec 3<&0 </dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -${signal} $server; } & wait $server`
  return spawn('/bin/sh', ['-c', script, 'sh', program, ...args], {
    env,
    cwd: '/',
    ...user,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
}

async function ended(server: ChildProcess | undefined): Promise<void> {
  if (server === undefined || server.exitCode !== null) return
  const exited = once(server, 'exit')
  server.stdin?.end()
  await exited
}

async function answering(port: number, server: ChildProcess): Promise<void> {
  for (let round = 0; ; round++) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (round > 200 || server.exitCode !== null) throw error
      await delay(50)
    } finally {
      socket.destroy()
    }
  }
}

/** PostgreSQL refuses to run as root. */
function asUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody')
  return { uid: Number(found?.[2]), gid: Number(found?.[3]) }
}
