import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A Redis or Valkey that was started for these tests, on a free port and a socket of its own. */
export interface TestRedis {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly socket: string
  /** Where it speaks TLS, if it was asked to. */
  readonly tlsPort: number
  readonly folder: string
  readonly password: string
  readonly program: string
  readonly pid: number
  /** Stops at once, as after a power cut. */
  crash(): Promise<void>
  stop(): Promise<void>
}

export interface RedisOptions {
  readonly program?: string
  /** In place of the one that holds what breaks careless quoting; '' for none. */
  readonly password?: string
  /** Behind the name of the configuration file. */
  readonly arguments?: readonly string[]
  /** Settings, as `redis.conf` has them. */
  readonly settings?: Readonly<Record<string, string>>
  readonly port?: number
  readonly tls?: boolean
}

/** Passwords may hold anything but a line's end. */
const PASSWORD = `p#a"s'\\ \u23ce;$\u00e9%=]:&`

const FOR_DATA = { save: '', appendonly: 'no', 'repl-diskless-sync-delay': '0', 'enable-debug-command': 'yes' }

const running = new Set<TestRedis>()

// Under mocha; a benchmark stops its own.
globalThis.after?.(async () => {
  for (const server of running) await server.stop()
})

export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const { program = 'redis-server', password = PASSWORD, settings = {} } = options
  const folder = mkdtempSync(join(tmpdir(), 'dbvault-redis-'))
  const port = options.port ?? (await freePort())
  const socket = join(folder, 's')
  const tlsPort = options.tls === true ? await freePort() : 0
  const all: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    ...(options.tls === true && { 'tls-port': String(tlsPort) }),
    unixsocket: socket,
    dir: folder,
    ...(options.arguments?.includes('--sentinel') ? {} : FOR_DATA),
    loglevel: 'warning',
    logfile: join(folder, 'log'),
    ...(password !== '' && { requirepass: password, masterauth: password }),
    ...settings,
  }
  // Not as arguments: everybody sees those.
  const config = join(folder, 'redis.conf')
  writeFileSync(config, Object.entries(all).map(lineOf).join(''), { mode: 0o600 })
  // Ends with this process, also when that is killed.
  const script =
    'exec 3<&0 </dev/null; "$@" 3<&- & server=$!; echo $server; { cat <&3 >/dev/null; kill -KILL $server; } & wait $server'
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'sh', program, config, ...(options.arguments ?? [])], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const [pid] = (await once(child.stdout!, 'data')) as [Buffer]
  child.stdout!.resume()
  for (let round = 0; !(await listens(socket)); round++) {
    if (round > 300 || child.exitCode !== null) throw new Error(`${program} did not start; see ${folder}/log`)
    await delay(20)
  }
  const crash = async (): Promise<void> => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  }
  const server: TestRedis = {
    host: '127.0.0.1',
    port,
    socket,
    tlsPort,
    folder,
    password,
    program,
    pid: Number(String(pid)),
    crash,
    async stop() {
      running.delete(server)
      await crash()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  running.add(server)
  return server
}

/** Passwords are quoted; some other settings have several words. */
function lineOf([name, value]: [string, string]): string {
  const quoted = value === '' || PASSWORDS.has(name) ? JSON.stringify(value) : value
  return `${name} ${quoted}\n`
}

const PASSWORDS = new Set(['requirepass', 'masterauth'])

async function listens(path: string): Promise<boolean> {
  if (!existsSync(path)) return false
  const socket = connect(path)
  return (await new Promise((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  }).finally(() => socket.destroy())) as boolean
}
