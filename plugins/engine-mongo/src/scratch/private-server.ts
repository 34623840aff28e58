import type { Host } from 'dbvault'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Place } from '../server/place.ts'
import { Server } from '../server/server.ts'
import { findProgram, type Program } from '../tools/find-program.ts'
import { ScratchUnavailable } from './unavailable.ts'

const PATIENCE_MS = 60_000
const POLL_MS = 50
/** Of `sun_path` in unix(7), less a margin. */
const LONGEST_SOCKET = 100

/** Nothing listens on the network, and documents that have expired stay. */
const SETTINGS = [
  '--nounixsocket',
  '--noauth',
  '--wiredTigerCacheSizeGB=0.25',
  '--setParameter=ttlMonitorEnabled=false',
  '--setParameter=diagnosticDataCollectionEnabled=false',
]

/** The server runs while its stdin is open, so that it ends with dbvault, even when that is killed. */
const WHILE_FED =
  'exec 3<&0 </dev/null >/dev/null; "$@" 3<&- & server=$!; { cat <&3 >/dev/null; kill -KILL $server; } 2>/dev/null & wait $server'

export interface PrivateServer extends AsyncDisposable {
  readonly place: Place
}

/** @throws ScratchUnavailable */
export async function privateProgram(binDir: string | undefined, version: string, host: Host): Promise<Program> {
  const mongod = await findProgram('mongod', binDir, host)
  if (mongod === undefined) {
    throw new ScratchUnavailable('on this machine there is no mongod to start a private server from', [
      'Install mongod, or name its directory with --mongo-bin-dir.',
    ])
  }
  if (majorOf(mongod.version) < majorOf(version)) {
    throw new ScratchUnavailable(
      `the mongod of this machine is ${mongod.version}, older than the server of the dump (${version})`,
    )
  }
  return mongod
}

/**
 * Starts a throw-away server in a temporary directory, on a Unix socket in there. `version` is that of the dumped server.
 * @throws ScratchUnavailable
 */
export async function startPrivateServer(
  binDir: string | undefined,
  version: string,
  parallel: number,
  host: Host,
): Promise<PrivateServer> {
  const mongod = await privateProgram(binDir, version, host)
  const directory = await host.tempDir()
  const stop = Promise.withResolvers<void>()
  let running: Promise<unknown> = Promise.resolve()
  const dispose = async (): Promise<void> => {
    stop.resolve()
    await running
    await directory[Symbol.asyncDispose]()
  }
  try {
    const socket = join(directory.path, 'mongod.sock')
    if (Buffer.byteLength(socket) > LONGEST_SOCKET) {
      throw new ScratchUnavailable(`the path ${directory.path} is too long for a Unix socket`, [
        'Name a shorter one with --temp-dir.',
      ])
    }
    const data = join(directory.path, 'data')
    await mkdir(data)
    const args = ['-c', WHILE_FED, 'sh', mongod.path, `--dbpath=${data}`, `--bind_ip=${socket}`, ...SETTINGS]
    let ended: unknown
    running = host
      .feedTool(
        { command: '/bin/sh', args, env: { LC_ALL: 'C', HOME: directory.path, TZ: 'UTC' }, cwd: '/' },
        until(stop.promise),
      )
      .then(
        () => (ended ??= new Error('it ended')),
        (error: unknown) => (ended = error),
      )
    const place: Place = {
      name: 'a private server',
      url: { reveal: () => `mongodb://${encodeURIComponent(socket)}/?directConnection=true` },
      options: {},
      database: '',
      parallel,
    }
    await answering(place, host, () => ended)
    return { place, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function answering(place: Place, host: Host, ended: () => unknown): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await using _server = await Server.open({ ...place, options: { serverSelectionTimeoutMS: 500 } }, host)
      return
    } catch (error) {
      host.signal.throwIfAborted()
      if (ended() !== undefined || Date.now() > deadline) throw unavailable(ended() ?? error)
      await delay(POLL_MS)
    }
  }
}

function unavailable(error: unknown): ScratchUnavailable {
  const said = error instanceof Error ? error.message : String(error)
  return new ScratchUnavailable(
    `a private server could not be started: ${said.slice(0, 300)}`,
    [
      'In the directory for temporary files there must be space for the whole database: name a larger one with --temp-dir.',
    ],
    error,
  )
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0
}

// oxlint-disable-next-line require-yield
async function* until(end: Promise<void>): AsyncGenerator<Uint8Array> {
  await end
}
