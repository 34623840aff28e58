import type { Host } from 'dbvault'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { Program } from './find-programs.ts'
import { ScratchUnavailable } from './unavailable.ts'

const POLL_MS = 15
/** Of `sun_path` in unix(7), less a margin. */
const LONGEST_SOCKET = 100
const PATIENCE_MS = 60_000

/**
 * The server runs while its stdin is open, so that it ends with dbvault, even when that is killed. There is nothing that it
 * would have to put in order.
 */
const WHILE_FED =
  'exec 3<&0 </dev/null >/dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -KILL $server; } & wait $server'

export interface PrivateServer extends AsyncDisposable {
  readonly server: Server
  /** How many keys it says it has loaded. */
  readonly loaded: number
}

/** Where the file has to be that a private server loads. */
export interface Data {
  readonly directory: string
  readonly file: string
  /** How many logical databases it has to have. */
  readonly databases: number
}

/** Why a server did not load the file, in its own words. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded'
}

/**
 * Starts a server that loads a file, and nothing else: it listens only on a Unix socket beside the file, saves nothing, and
 * takes itself for the replica of a master that is not there, so that it keeps keys whose time is over.
 * @throws NotLoaded, ScratchUnavailable
 */
export async function startPrivateServer(program: Program, data: Data, host: Host): Promise<PrivateServer> {
  const socket = join(data.directory, 's')
  if (socket.length > LONGEST_SOCKET) {
    throw new ScratchUnavailable(`the path ${socket} is too long for a Unix socket`, [
      'Name a shorter directory with --temp-dir.',
    ])
  }
  const log = join(data.directory, 'log')
  const settings: Readonly<Record<string, string>> = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: data.directory,
    dbfilename: data.file,
    databases: String(Math.max(16, data.databases)),
    save: '',
    appendonly: 'no',
    replicaof: '127.0.0.1 1',
    'replica-serve-stale-data': 'yes',
    'enable-debug-command': 'yes',
    // Each packed value is looked through before it is believed.
    'sanitize-dump-payload': 'yes',
    rdbcompression: 'no',
    rdbchecksum: 'yes',
    'repl-diskless-sync': 'yes',
    'repl-diskless-sync-delay': '0',
    'client-output-buffer-limit': 'replica 0 0 0',
    'repl-timeout': '3600',
    'latency-tracking': 'no',
    logfile: log,
    loglevel: 'notice',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const stop = Promise.withResolvers<void>()
  let ended: unknown
  const running = host
    .feedTool(
      {
        command: '/bin/sh',
        args: ['-c', WHILE_FED, 'sh', program.path, ...args],
        env: { LC_ALL: 'C', TZ: 'UTC' },
        cwd: '/',
      },
      until(stop.promise),
    )
    .catch((error: unknown) => (ended = error))
  const dispose = async (): Promise<void> => {
    stop.resolve()
    await running
  }
  const server: Server = { address: { path: socket }, idleMs: PATIENCE_MS }
  try {
    const loaded = await answering(server, log, () => ended, host)
    return { server, loaded, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Waits until it has loaded everything, however long that takes, as long as it lives. */
async function answering(server: Server, log: string, ended: () => unknown, host: Host): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    host.signal.throwIfAborted()
    if (ended() !== undefined) throw await whyEnded(ended(), log)
    try {
      await using session = await Session.open(server, host)
      for (;;) {
        const known = await session.info('persistence')
        if (known.get('loading') === '0') {
          const loaded = known.get('rdb_last_load_keys_loaded')
          await session.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
          // No longer a replica: one without its master gives nobody its data.
          await session.call('REPLICAOF', 'NO', 'ONE')
          return Number(loaded)
        }
        await delay(POLL_MS, undefined, { signal: host.signal })
      }
    } catch (error) {
      host.signal.throwIfAborted()
      const starting = error instanceof Error && 'code' in error && error.code === 'SOURCE_UNREACHABLE'
      if (!starting) throw error
      if (Date.now() > deadline && ended() === undefined) {
        throw new ScratchUnavailable('a private server did not answer', [], error)
      }
      await delay(POLL_MS, undefined, { signal: host.signal })
    }
  }
}

async function whyEnded(error: unknown, log: string): Promise<Error> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n')
  const telling = lines.filter((line) =>
    /[#*] .*(?:rdb|load|error|fatal|memory|version|bad|format|unable|failed)/i.test(line),
  )
  const line = (telling.findLast((text) => / # /.test(text)) ?? telling.at(-1) ?? '').replace(/^.*? [#*] /, '')
  const said = line === '' ? (error instanceof Error ? error.message : String(error)) : line
  if (/OOM|out of memory|allocat/i.test(said)) {
    return new ScratchUnavailable(`a private server had too little memory: ${said}`, [
      'It needs as much memory as the source has data.',
    ])
  }
  if (/rdb|load|format/i.test(line)) return new NotLoaded(said)
  return new ScratchUnavailable(`a private server could not be started: ${said}`, [], error)
}

// oxlint-disable-next-line require-yield
async function* until(end: Promise<void>): AsyncGenerator<Uint8Array> {
  await end
}
