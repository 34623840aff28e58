import type { Format, Host } from 'dbvault'
import { Closing } from '../closing.ts'
import { redisFormat, valkeyFormat } from '../descriptor.ts'
import { Tally } from '../fingerprint/tally.ts'
import { rdbProblem } from '../rdb-problem.ts'
import { detailOf, RdbWalk, type RdbHeader } from '../rdb/rdb-walk.ts'
import type { StreamDetail } from '../rdb/kinds.ts'
import type { Which } from '../server/place.ts'
import { nameOf, type Server } from '../server/server.ts'
import { onlyDatabase } from './only-database.ts'
import { replicate } from './replicate.ts'
import { spooled } from './spool.ts'
import { Witness, type Sizes } from './witness.ts'

/** What one server sends of itself. */
export interface FetchedNode {
  readonly format: Format
  readonly bytes: AsyncGenerator<Buffer>
  /** Complete once `bytes` have ended. */
  readonly seen: Seen
}

export interface Seen {
  readonly tally: Tally
  streams: StreamDetail
  /** Whether the server's own count was had, and was the same. */
  counted: boolean
}

/** A snapshot of a server, walked while it passes by. Whatever is open is closed when `bytes` have ended or are returned. */
export async function fetchNode(server: Server, which: Which, host: Host): Promise<FetchedNode> {
  await using open = new Closing()
  const witness = open.use(Witness.start(server, host))
  const replication = open.use(await replicate(server, host))
  const sizes = witness.at(replication.offset)
  sizes.catch(() => {})
  const source = spooled(replication, host)
  open.defer(() => source.return(undefined))
  const tally = new Tally(which === 'all' ? undefined : which)
  const seen: Seen = { tally, streams: 3, counted: false }
  const walk = new RdbWalk(tally)
  const walked = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      walk.push(chunk)
      yield chunk
    }
    walk.end()
  }
  const whole = walked()
  const begin: Buffer[] = []
  try {
    // The first chunk may be too small to tell what it is.
    while (walk.header === undefined) {
      const next = await whole.next()
      if (next.done) break
      begin.push(next.value)
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw problem(host, server, error)
  }
  const header: RdbHeader = walk.header ?? { product: 'redis', version: 0 }
  seen.streams = detailOf(header)
  const rejoined = async function* (): AsyncGenerator<Buffer> {
    yield* begin
    yield* whole
  }
  const held = open.move()
  const bytes = async function* (): AsyncGenerator<Buffer> {
    await using _held = held
    try {
      yield* which === 'all' ? rejoined() : onlyDatabase(rejoined(), which)
    } catch (error) {
      host.signal.throwIfAborted()
      throw problem(host, server, error)
    }
    seen.counted = confirm(await sizes, tally, which, server, host)
  }
  return { format: header.product === 'redis' ? redisFormat : valkeyFormat, bytes: closing(bytes(), held), seen }
}

/** A generator that was never begun does nothing when it is returned; what is open has to be closed all the same. */
function closing(bytes: AsyncGenerator<Buffer>, held: Closing): AsyncGenerator<Buffer> {
  const inner = bytes.return.bind(bytes)
  bytes.return = async (value: unknown) => {
    const result = await inner(value)
    await held[Symbol.asyncDispose]()
    return result
  }
  return bytes
}

function problem(host: Host, server: Server, error: unknown): unknown {
  return rdbProblem(host, 'DUMP_INCOMPLETE', `What the Redis server ${nameOf(server)} sent`, error)
}

/** @throws DUMP_INCOMPLETE when the server counted other keys than it sent */
function confirm(sizes: Sizes | undefined, tally: Tally, which: Which, server: Server, host: Host): boolean {
  if (sizes === undefined) return false
  const sent = tally.sizes()
  for (const database of new Set([...sizes.keys(), ...sent.keys()])) {
    if (which !== 'all' && database !== which) continue
    const { keys, expiring } = sizes.get(database) ?? NONE
    const found = sent.get(database) ?? NONE
    if (found.keys === keys && found.expiring === expiring) continue
    throw host.error(
      'DUMP_INCOMPLETE',
      `The Redis server ${nameOf(server)} counted ${keys} keys in database ${database} (${expiring} of them expiring) ` +
        `and sent ${found.keys} (${found.expiring})`,
      { retryable: true },
    )
  }
  return true
}

const NONE = { keys: 0, expiring: 0 }
