import type { Host } from 'dbvault'
import { Closing } from '../closing.ts'
import { redisFormat, valkeyFormat } from '../descriptor.ts'
import type { FetchedNode, Seen } from '../fetch/fetch-node.ts'
import { sizesOf } from '../fetch/witness.ts'
import { Tally } from '../fingerprint/tally.ts'
import { rdbProblem } from '../rdb-problem.ts'
import { detailOf, RdbWalk, type RdbHeader } from '../rdb/rdb-walk.ts'
import { RdbWriter } from '../rdb/rdb-writer.ts'
import { formatOf } from '../scratch/find-programs.ts'
import { readReply, type Reply } from '../server/bulk-reader.ts'
import { readPayload } from '../server/dump-payload.ts'
import { librariesOf } from '../server/libraries.ts'
import type { Which } from '../server/place.ts'
import { nameOf, type Server } from '../server/server.ts'
import { serverError } from '../server/server-error.ts'
import { Session } from '../server/session.ts'
import { Wire } from '../server/wire.ts'
import { SeenKeys } from './seen-keys.ts'

/** How many keys are asked for at once. */
const PAGE = 200
const LARGE = 16 * 1024

/**
 * Makes an RDB file of what a server gives key by key, for servers that forbid replication. No point in time: each key is as it
 * was when its turn came.
 */
export async function scanNode(server: Server, which: Which, host: Host): Promise<FetchedNode> {
  await using open = new Closing()
  const session = open.use(await Session.open(server, host))
  const wire = open.use(await Wire.open(server, host))
  const info = await session.info()
  const product = info.has('valkey_version') ? 'valkey' : 'redis'
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? ''
  const header = formatOf(product, version)
  const databases = which === 'all' ? [...sizesOf(info).keys()] : [which]
  const seen: Seen = {
    tally: new Tally(which === 'all' ? undefined : which),
    streams: detailOf(header),
    counted: false,
  }
  const held = open.move()
  const scan = new Scan(session, wire, { header, exactTimes: Number.parseInt(version, 10) >= 7 }, host)
  const bytes = async function* (): AsyncGenerator<Buffer> {
    await using _held = held
    const walk = new RdbWalk(seen.tally)
    try {
      for await (const chunk of scan.file(databases, which === 'all', info)) {
        walk.push(chunk)
        yield chunk
      }
      walk.end()
    } catch (error) {
      host.signal.throwIfAborted()
      const told = serverError(host, server, error)
      throw rdbProblem(host, 'DUMP_INCOMPLETE', `What the Redis server ${nameOf(server)} sent`, told)
    }
  }
  const generator = bytes()
  const inner = generator.return.bind(generator)
  // A generator that was never begun does nothing when it is returned.
  generator.return = async (value: unknown) => {
    const result = await inner(value)
    await held[Symbol.asyncDispose]()
    return result
  }
  return { format: header.product === 'redis' ? redisFormat : valkeyFormat, bytes: generator, seen }
}

class Scan {
  readonly #session: Session
  readonly #wire: Wire
  readonly #writer: RdbWriter
  readonly #header: RdbHeader
  readonly #exactTimes: boolean
  readonly #host: Host

  constructor(
    session: Session,
    wire: Wire,
    { header, exactTimes }: { header: RdbHeader; exactTimes: boolean },
    host: Host,
  ) {
    this.#session = session
    this.#wire = wire
    this.#header = header
    this.#exactTimes = exactTimes
    this.#host = host
    this.#writer = new RdbWriter(header)
  }

  async *file(
    databases: readonly number[],
    functions: boolean,
    info: ReadonlyMap<string, string>,
  ): AsyncGenerator<Buffer> {
    this.#writer.aux('redis-ver', Buffer.from(info.get('redis_version') ?? ''))
    this.#writer.aux('used-mem', Buffer.from(info.get('used_memory') ?? '0'))
    if (functions) for (const { code } of (await librariesOf(this.#session)) ?? []) this.#writer.library(code)
    yield this.#writer.take()
    for (const database of databases) yield* this.#database(database)
    this.#writer.end(true)
    yield this.#writer.take()
  }

  async *#database(database: number): AsyncGenerator<Buffer> {
    await this.#session.call('SELECT', database)
    this.#wire.send('SELECT', String(database))
    await this.#wire.ok()
    const keys = new SeenKeys()
    let cursor = '0'
    do {
      const [next, names] = (await this.#session.bytes('SCAN', cursor, 'COUNT', PAGE)) as [Buffer, Buffer[]]
      cursor = next.toString('latin1')
      const fresh = names.filter((name) => keys.add(name))
      for (const name of fresh) {
        this.#wire.send(this.#exactTimes ? 'PEXPIRETIME' : 'PTTL', name)
        this.#wire.send('DUMP', name)
      }
      for (const name of fresh) yield* this.#key(database, name)
      const page = this.#writer.take()
      if (page.length > 0) yield page
    } while (cursor !== '0')
  }

  async *#key(database: number, name: Buffer): AsyncGenerator<Buffer> {
    const time = await readReply(this.#wire, this.#host)
    const value = await readReply(this.#wire, this.#host)
    for (const reply of [time, value]) if (reply.kind === 'error') throw this.#refused(reply)
    // It is gone since it was named.
    if (value.kind !== 'text') return
    let expires = time.kind === 'number' && time.number >= 0 ? time.number : undefined
    if (expires !== undefined && !this.#exactTimes) expires += Date.now()
    let begun = false
    for await (const part of readPayload(this.#wire, value.length, this.#header.version, this.#host)) {
      if (!begun) {
        const type = part[0] ?? 0
        this.#writer.key({ database, type, name, expires, idle: undefined, frequency: undefined })
      }
      this.#writer.part(part, begun ? 0 : 1)
      begun = true
      // Small values go together.
      if (part.length > LARGE) yield this.#writer.take()
    }
  }

  #refused(reply: Extract<Reply, { kind: 'error' }>): Error {
    return this.#host.error(
      reply.text.startsWith('NOPERM') ? 'SOURCE_DENIED' : 'DUMP_FAILED',
      `The Redis server ${nameOf(this.#wire.server)} does not give a key (${reply.text})`,
      {
        hints: [
          'Reading key by key takes: ACL SETUSER … +select +scan +dump +pexpiretime +pttl +info +function|list ~*',
        ],
      },
    )
  }
}
