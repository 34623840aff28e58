import type { Host } from 'dbvault'
import { Crc64 } from '../rdb/crc64.ts'
import { RdbWalk, type RdbHeader, type RdbKey } from '../rdb/rdb-walk.ts'
import { RdbWriter } from '../rdb/rdb-writer.ts'
import type { StreamDetail } from '../rdb/kinds.ts'
import { readReply, type Reply } from '../server/bulk-reader.ts'
import { FOOTER, readPayload } from '../server/dump-payload.ts'
import { nameOf, type Server } from '../server/server.ts'
import { command, Wire } from '../server/wire.ts'

/** How many keys may be under way. */
const UNDER_WAY = 500

export interface LoaderOptions {
  /** Of what is restored. */
  readonly header: RdbHeader
  /** Of what this server writes. */
  readonly own: RdbHeader
  readonly detail: StreamDetail
  /** Whether the server tells exactly when a key expires (since 7.0). */
  readonly exactTimes: boolean
}

/** What is waited for, in the order in which it was asked. */
type Awaited =
  | { readonly kind: 'select' }
  | {
      readonly kind: 'key'
      readonly place: number
      readonly name: Buffer
      readonly database: number
      readonly expires: number | undefined
      /** Known once the value was read. */
      digest: { a: number; b: number } | undefined
    }

/**
 * Restores keys into one server, one after the other and without waiting for each. Each key is asked back at once, and has to be
 * what was sent.
 */
export class Loader implements AsyncDisposable {
  /** How many keys were restored, how many of them expire, and how many had expired before they could be. */
  restored = 0
  expiring = 0
  expired = 0
  /** Places of keys that the server already had, which therefore are not ours. */
  readonly refused = new Set<number>()
  readonly #wire: Wire
  readonly #host: Host
  readonly #options: LoaderOptions
  readonly #awaited: Awaited[] = []
  readonly #reading: Promise<void>
  readonly #back: RdbWalk
  readonly #writer: RdbWriter
  #failed: Error | undefined
  #ended = false
  #wake: (() => void) | undefined
  #room: (() => void) | undefined
  #database = -1
  #out: Buffer[] = []
  #crc = new Crc64()
  #parts: Buffer[] = []
  /** Of the key that is being read: its size where it is sent on as it comes. */
  #streaming = false
  #key: Extract<Awaited, { kind: 'key' }> | undefined
  #found: { a: number; b: number } | undefined

  private constructor(wire: Wire, options: LoaderOptions, host: Host) {
    this.#wire = wire
    this.#host = host
    this.#options = options
    this.#writer = new RdbWriter(options.own, false)
    this.#back = new RdbWalk(
      { value: (_key, { hash }) => (this.#found = { a: hash.a, b: hash.b }) },
      { detail: options.detail, checksum: false },
    )
    this.#reading = this.#read()
    this.#reading.catch((error: unknown) => {
      this.#failed ??= error as Error
      this.#room?.()
    })
  }

  static async open(server: Server, options: LoaderOptions, host: Host): Promise<Loader> {
    return new Loader(await Wire.open(server, host), options, host)
  }

  /**
   * Begins a key.
   * @param database where it goes to
   * @param size of its value, where that is to be sent on while it is read
   */
  begin({ type, name, expires }: RdbKey, database: number, place: number, size: number | undefined): void {
    if (database !== this.#database) {
      this.#out.push(command(['SELECT', String(database)]))
      this.#await({ kind: 'select' })
      this.#database = database
    }
    this.#key = { kind: 'key', place, name, database, expires, digest: undefined }
    this.#streaming = size !== undefined
    this.#crc.reset()
    this.#parts = []
    const first = Buffer.from([type])
    this.#crc.update(first)
    if (size === undefined) this.#parts.push(first)
    else this.#out.push(this.#head(this.#key, size + 1 + FOOTER), first)
  }

  part(bytes: Buffer, start: number, end: number): void {
    const part = Buffer.from(bytes.subarray(start, end))
    this.#crc.update(part)
    if (this.#streaming) this.#out.push(part)
    else this.#parts.push(part)
  }

  end(digest: { a: number; b: number }): void {
    const key = this.#key
    if (key === undefined) return
    this.#key = undefined
    key.digest = { a: digest.a, b: digest.b }
    const version = Buffer.alloc(2)
    version.writeUInt16LE(this.#options.header.version)
    const footer = [version, this.#crc.update(version).digest()]
    if (!this.#streaming) {
      const payload = Buffer.concat([...this.#parts, ...footer])
      this.#out.push(this.#head(key, payload.length), payload)
    } else this.#out.push(...footer)
    this.#out.push(Buffer.from(key.expires === undefined ? '\r\n' : '\r\n$6\r\nABSTTL\r\n'))
    this.#out.push(command([this.#options.exactTimes ? 'PEXPIRETIME' : 'PTTL', key.name]), command(['DUMP', key.name]))
    this.#await(key)
  }

  /** Sends what has gathered, and waits while too much is under way. */
  async flush(): Promise<void> {
    this.#goOn()
    const out = this.#out
    this.#out = []
    if (out.length > 0) await this.#wire.write(Buffer.concat(out))
    while (this.#awaited.length > UNDER_WAY && this.#failed === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#room = resolve
      await promise
      this.#room = undefined
    }
    this.#goOn()
  }

  /** Resolves when every key was restored and asked back. */
  async finish(): Promise<void> {
    await this.flush()
    this.#ended = true
    this.#wake?.()
    await this.#reading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    await this.#wire[Symbol.asyncDispose]()
    this.#wake?.()
    await this.#reading.catch(() => {})
  }

  /** @throws why it cannot go on */
  #goOn(): void {
    if (this.#failed !== undefined) throw this.#failed
  }

  #head({ name, expires }: { name: Buffer; expires: number | undefined }, length: number): Buffer {
    const time = String(expires ?? 0)
    return Buffer.concat([
      Buffer.from(`*${expires === undefined ? 4 : 5}\r\n$7\r\nRESTORE\r\n$${name.length}\r\n`),
      name,
      Buffer.from(`\r\n$${time.length}\r\n${time}\r\n$${length}\r\n`),
    ])
  }

  #await(awaited: Awaited): void {
    this.#awaited.push(awaited)
    this.#wake?.()
  }

  async #read(): Promise<void> {
    for (;;) {
      const next = this.#awaited[0]
      if (next === undefined) {
        if (this.#ended) return
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#wake = resolve
        await promise
        this.#wake = undefined
        continue
      }
      const reply = await readReply(this.#wire, this.#host)
      if (next.kind === 'select') {
        if (reply.kind === 'error') throw this.#refusal(reply.text)
      } else await this.#askedBack(next, reply)
      this.#awaited.shift()
      if (this.#awaited.length < UNDER_WAY / 2) this.#room?.()
    }
  }

  async #askedBack(key: Extract<Awaited, { kind: 'key' }>, answer: Reply): Promise<void> {
    const time = await readReply(this.#wire, this.#host)
    const value = await readReply(this.#wire, this.#host)
    if (answer.kind === 'error') {
      if (value.kind === 'text') await this.#pass(value.length)
      if (answer.text.startsWith('BUSYKEY')) this.refused.add(key.place)
      throw this.#refusal(answer.text)
    }
    if (value.kind === 'error') throw this.#refusal(value.text)
    if (value.kind === 'nothing') {
      if (key.expires === undefined || key.expires > Date.now() + CLOCKS_APART_MS) throw this.#different('is gone')
      this.expired++
      return
    }
    if (value.kind !== 'text') throw this.#different('cannot be read')
    const found = await this.#digestOf(key, time, value.length)
    if (found?.a !== key.digest?.a || found?.b !== key.digest?.b) throw this.#different('came back different')
    this.restored++
    if (key.expires !== undefined) this.expiring++
  }

  async #digestOf(
    { name, database, expires }: Extract<Awaited, { kind: 'key' }>,
    time: Reply,
    length: number,
  ): Promise<{ a: number; b: number } | undefined> {
    let told = time.kind === 'number' && time.number >= 0 ? time.number : undefined
    if (told !== undefined && !this.#options.exactTimes) {
      const near = expires !== undefined && Math.abs(Date.now() + told - expires) < CLOCKS_APART_MS
      told = near ? expires : Date.now() + told
    }
    let type: number | undefined
    this.#found = undefined
    for await (const part of readPayload(this.#wire, length, this.#options.own.version, this.#host)) {
      let from = 0
      if (type === undefined) {
        type = part[from++] ?? 0
        this.#writer.key({ database, type, name, expires: told, idle: undefined, frequency: undefined })
        this.#back.push(this.#writer.take())
      }
      this.#back.push(part.subarray(from))
    }
    // What follows a value is waited for by a reader of lengths; nothing that says nothing does as well as a next key.
    this.#back.push(NOTHING)
    return this.#found
  }

  async #pass(length: number): Promise<void> {
    for await (const _part of readPayload(this.#wire, length, this.#options.own.version, this.#host));
  }

  #different(how: string): Error {
    return this.#host.error('RESTORE_FAILED', `A key that was restored into ${nameOf(this.#wire.server)} ${how}`, {
      hints: ['Does the server evict keys (maxmemory)? Does somebody else write there?'],
    })
  }

  #refusal(text: string): Error {
    const name = nameOf(this.#wire.server)
    if (text.startsWith('BUSYKEY')) {
      return this.#host.error(
        'TARGET_NOT_EMPTY',
        `Somebody else writes keys into ${name} that are in the backup, too`,
        {
          hints: ['Keep others away from the target until the restore is done.'],
        },
      )
    }
    if (text.startsWith('OOM')) {
      return this.#host.error('RESTORE_FAILED', `The Redis server ${name} has no memory left (${text})`, {
        hints: ['Raise its maxmemory. A restore over old data needs room for both.'],
      })
    }
    if (/Bad data format|DUMP payload version/i.test(text)) {
      return this.#host.error(
        'RESTORE_FAILED',
        `The Redis server ${name} does not accept a value of the backup (${text})`,
        {
          hints: ['A server of the version of the source does.'],
        },
      )
    }
    return this.#host.error('RESTORE_FAILED', `The Redis server ${name} refuses a key (${text})`)
  }
}

/** How far the clocks of two machines may be apart. */
const CLOCKS_APART_MS = 5000
/** Ten times "the next database is 0", of which each is read as a whole. */
const NOTHING = Buffer.from(Array.from({ length: 10 }, () => [248, 0]).flat())
