import type { Host, SystemUser } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { secretOf, type Server } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { Tools } from '../tools/find-tools.ts'
import { ScratchUnavailable } from './unavailable.ts'

const PATIENCE_MS = 60_000
const POLL_MS = 20
/** Of `sun_path` in unix(7), less a margin. */
const LONGEST_SOCKET = 100
const PORT = 5432

/**
 * Durability is of no use to a server that is thrown away. Nothing listens on the network, and nothing runs that the
 * restored database did not ask for.
 */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '20',
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  max_wal_size: '4GB',
  shared_buffers: '128MB',
  maintenance_work_mem: '256MB',
  // In /dev/shm of a container there is often no room.
  dynamic_shared_memory_type: 'mmap',
  logging_collector: 'off',
  log_min_messages: 'warning',
  shared_preload_libraries: '',
}

/**
 * The server runs while its stdin is open, so that it ends with dbvault, even when that is killed: then `cat` ends, and
 * SIGQUIT is what PostgreSQL stops on at once, with all its processes.
 */
const WHILE_FED =
  'exec 3<&0 </dev/null >/dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -QUIT $server; } & wait $server'

export interface PrivateServer extends AsyncDisposable {
  readonly server: Server
}

/**
 * Starts a throw-away server in a temporary directory, on a Unix socket in there. `entries` of an archive tell how many
 * locks a restore of it takes.
 * @throws ScratchUnavailable
 */
export async function startPrivateServer(tools: Tools, entries: number, host: Host): Promise<PrivateServer> {
  const user = await otherUser()
  const directory = await host.tempDir(user)
  const stop = Promise.withResolvers<void>()
  let running: Promise<unknown> = Promise.resolve()
  const dispose = async (): Promise<void> => {
    stop.resolve()
    await running
    await directory[Symbol.asyncDispose]()
  }
  try {
    const { path } = directory
    if (path.length > LONGEST_SOCKET - '/.s.PGSQL.5432'.length) {
      throw new ScratchUnavailable(`the path ${path} is too long for a Unix socket`, [
        'Name a shorter one with --temp-dir.',
      ])
    }
    const password = randomBytes(24).toString('base64url')
    const data = join(path, 'data')
    const common = {
      env: { LC_ALL: 'C', HOME: path, TZ: 'UTC' },
      cwd: '/',
      redact: [secretOf(password)],
      ...(user && { user }),
    }
    const initdb = [
      join(tools.directory, 'initdb'),
      '-D',
      data,
      '-U',
      'dbvault',
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--pwfile=/dev/stdin',
    ]
    await host
      .feedTool({ ...common, command: '/bin/sh', args: ['-c', 'cat | "$@"', 'sh', ...initdb] }, once(`${password}\n`))
      .catch((error: unknown) => {
        host.signal.throwIfAborted()
        throw unavailable(error, user)
      })
    const locks = Math.max(64, Math.ceil((entries * 4) / Number(SETTINGS.max_connections)))
    const settings = { ...SETTINGS, unix_socket_directories: path, max_locks_per_transaction: String(locks) }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const postgres = [join(tools.directory, 'postgres'), '-D', data, '-p', String(PORT), ...args]
    let ended: unknown
    running = host
      .feedTool({ ...common, command: '/bin/sh', args: ['-c', WHILE_FED, 'sh', ...postgres] }, until(stop.promise))
      .catch((error: unknown) => (ended = error))
    const server: Server = {
      host: path,
      port: PORT,
      user: 'dbvault',
      password: secretOf(password),
      tls: { mode: 'disable' },
      maintenanceDatabase: 'postgres',
      lockTimeout: 30,
    }
    await answering(server, host, () => ended)
    return { server, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function answering(server: Server, host: Host, ended: () => unknown): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await using _session = await Session.open(server, 'postgres', host)
      return
    } catch (error) {
      host.signal.throwIfAborted()
      if (ended() !== undefined) throw unavailable(ended(), undefined)
      if (Date.now() > deadline) throw unavailable(error, undefined)
      await delay(POLL_MS)
    }
  }
}

function unavailable(error: unknown, user: SystemUser | undefined): ScratchUnavailable {
  const tail = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  const line = tail.split('\n').find((text) => /error:|FATAL:|PANIC:/.test(text)) ?? tail.slice(-300)
  const reachable = user && /ermission denied|could not (?:access|change) directory/.test(tail)
  return new ScratchUnavailable(
    `a private server could not be started: ${line.trim()}`,
    reachable
      ? [
          `It runs as the user ${user.uid}, who must be able to reach the directory for temporary files: name another with --temp-dir.`,
        ]
      : [
          'In the directory for temporary files there must be space for the whole database: name a larger one with --temp-dir.',
        ],
    error,
  )
}

/** PostgreSQL refuses to run as root. `nobody` owns nothing and is trusted by nobody, unlike `postgres`. */
async function otherUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  const found = users.find(([name]) => name === 'nobody') ?? users.find(([name]) => name === 'postgres')
  const [uid, gid] = [Number(found?.[2]), Number(found?.[3])]
  if (found === undefined || !(uid > 0)) {
    throw new ScratchUnavailable('PostgreSQL does not run as root, and there is no user nobody to run it as')
  }
  return { uid, gid }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

// oxlint-disable-next-line require-yield
async function* until(end: Promise<void>): AsyncGenerator<Uint8Array> {
  await end
}
