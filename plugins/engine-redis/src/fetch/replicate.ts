import type { Host } from 'dbvault'
import type { Server } from '../server/server.ts'
import { nameOf } from '../server/server.ts'
import { Wire } from '../server/wire.ts'
import { wordOf } from '../server/server-error.ts'

const MARKER = 40
const NEWEST = '99.0.0'

/** A snapshot that a server has begun to send, as it sends one to a new replica. */
export interface Replication extends AsyncDisposable {
  /** How far the server's stream of writes was in the very moment of the snapshot; undefined where it does not say. */
  readonly offset: number | undefined
  /** Ends without an error only at the end that the server announced. */
  readonly bytes: AsyncGenerator<Buffer>
}

/**
 * Asks a server for its data as a replica does, for the snapshot only. Resolves when the snapshot was taken.
 * @throws SOURCE_DENIED where the server does not permit it
 */
export async function replicate(server: Server, host: Host): Promise<Replication> {
  const wire = await Wire.open(server, host)
  try {
    // Servers that do not know one of these say so, and that is all.
    wire.send('REPLCONF', 'capa', 'eof', 'capa', 'psync2')
    await wire.line()
    wire.send('REPLCONF', 'rdb-only', '1')
    await wire.line()
    // Valkey writes what replicas of this version can read; an old one would get no fields that expire.
    wire.send('REPLCONF', 'version', NEWEST)
    await wire.line()
    wire.send('PSYNC', '?', '-1')
    let line = await wire.line()
    if (/^-ERR unknown command/i.test(line)) {
      wire.send('SYNC')
      line = await wire.line()
    }
    refuse(line, server, host)
    const offset = /^\+FULLRESYNC \S+ (\d+)/.exec(line)?.[1]
    if (line.startsWith('+')) line = await wire.line()
    refuse(line, server, host)
    return {
      offset: offset === undefined ? undefined : Number(offset),
      bytes: body(wire, line, host),
      [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
    }
  } catch (error) {
    await wire[Symbol.asyncDispose]()
    throw error
  }
}

function body(wire: Wire, line: string, host: Host): AsyncGenerator<Buffer> {
  const marker = /^\$EOF:(.{40})$/.exec(line)?.[1]
  if (marker !== undefined) return untilMarker(wire, Buffer.from(marker))
  const length = /^\$(\d+)$/.exec(line)?.[1]
  if (length !== undefined) return ofLength(wire, Number(length))
  throw host.error(
    'DUMP_FAILED',
    `The Redis server ${nameOf(wire.server)} answered with something else than a snapshot`,
  )
}

async function* ofLength(wire: Wire, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0;) {
    const chunk = await wire.chunk()
    if (chunk.length > left) wire.unread(chunk.subarray(left))
    const part = chunk.subarray(0, left)
    left -= part.length
    yield part
  }
}

/** A server that sends before it knows how much it will be marks the end with 40 bytes that it announced. */
async function* untilMarker(wire: Wire, marker: Buffer): AsyncGenerator<Buffer> {
  // The last bytes that have come may be the beginning of the marker.
  let kept = Buffer.alloc(0)
  for (;;) {
    const chunk = await wire.chunk()
    const seam = Buffer.concat([kept, chunk.subarray(0, MARKER)])
    const inSeam = seam.indexOf(marker)
    if (inSeam >= 0) {
      if (inSeam > 0) yield seam.subarray(0, inSeam)
      return
    }
    const at = chunk.indexOf(marker)
    if (at >= 0) {
      if (kept.length > 0) yield kept
      if (at > 0) yield chunk.subarray(0, at)
      return
    }
    if (chunk.length < MARKER) {
      const end = Math.max(0, seam.length - MARKER + 1)
      if (end > 0) yield seam.subarray(0, end)
      kept = Buffer.from(seam.subarray(end))
      continue
    }
    if (kept.length > 0) yield kept
    yield chunk.subarray(0, chunk.length - MARKER + 1)
    kept = Buffer.from(chunk.subarray(chunk.length - MARKER + 1))
  }
}

export const SCAN_HINT =
  'Where replication cannot be had, --redis-method scan reads key by key; that is no point in time.'

function refuse(line: string, server: Server, host: Host): void {
  if (!line.startsWith('-')) return
  const said = line.slice(1)
  const name = nameOf(server)
  switch (wordOf(new Error(said))) {
    case 'NOPERM':
      throw host.error('SOURCE_DENIED', `The Redis server ${name} does not permit this user to replicate (${said})`, {
        hints: [
          `Permit it: ACL SETUSER ${server.user ?? 'default'} +sync +psync +replconf +info +multi +exec`,
          SCAN_HINT,
        ],
      })
    case 'NOMASTERLINK':
      throw host.error(
        'SOURCE_UNREACHABLE',
        `The Redis server ${name} is a replica that has lost its master (${said})`,
        {
          hints: ['Back up the master, or wait until the replica has found it again.'],
          retryable: true,
        },
      )
    case 'LOADING':
    case 'BUSY':
      throw host.error('SOURCE_UNREACHABLE', `The Redis server ${name} is not ready (${said})`, { retryable: true })
  }
  if (/unknown command|not allowed|not supported|disabled/i.test(said)) {
    throw host.error('SOURCE_DENIED', `The Redis server ${name} does not offer replication (${said})`, {
      hints: [SCAN_HINT],
    })
  }
  throw host.error('DUMP_FAILED', `The Redis server ${name} could not make a snapshot (${said})`, {
    hints: ['Its log says why: often too little memory for a fork, or no space on its disk.'],
    retryable: true,
  })
}
