import { Crc64 } from './crc64.ts'
import { Hash } from './hash.ts'
import { damaged, unknown } from './rdb-error.ts'
import { TextReader, WHOLE } from './text.ts'
import { hashWhole } from './text-digest.ts'
import { KINDS, type Kind, type StreamDetail } from './kinds.ts'
import { moduleName } from './unknown-types.ts'
import { ValueReader } from './value-reader.ts'
import { Window, type Waiting } from './window.ts'

export interface RdbHeader {
  readonly product: 'redis' | 'valkey'
  /** Of the format. */
  readonly version: number
}

/** One key. The same object is used for all of them. */
export interface RdbKey {
  readonly database: number
  readonly type: number
  /** Only where the visitor asks for keys. */
  readonly name: Buffer
  /** In milliseconds since 1970. */
  readonly expires: number | undefined
  /** Seconds since it was used last, or how often it is used, as the server's eviction policy counts. */
  readonly idle: number | undefined
  readonly frequency: number | undefined
}

export interface RdbValue {
  readonly kind: Kind
  readonly elements: number
  /** Of name, expiry and value. */
  readonly hash: Hash
  /** As it stands in the file, without its type. */
  readonly bytes: number
}

/** What is told while a file passes by. Nothing that is handed over may be kept. */
export interface RdbVisitor {
  header?(header: RdbHeader): void
  aux?(name: string, value: Buffer): void
  library?(code: Buffer): void
  /** Its presence makes names be read. */
  key?(key: RdbKey): void
  /** The bytes of the value of this key, in parts. */
  part?(bytes: Buffer, start: number, end: number): void
  value?(key: RdbKey, value: RdbValue): void
}

export interface RdbEnd {
  /** False where the server wrote no checksum (`rdbchecksum no`). */
  readonly checksum: boolean
  readonly bytes: number
}

export interface RdbWalkOptions {
  /** Of streams; otherwise all that the file's version has. */
  readonly detail?: StreamDetail | undefined
  /** False where the checksum is of no interest: what a private server has just sent from its memory. */
  readonly checksum?: boolean
}

const NEWEST = { redis: 13, valkey: 81 } as const
const OLDEST = 5
const CAPACITY = WHOLE + WHOLE / 2

/** Reads an RDB file that comes in chunks, to its last byte, in constant memory. @throws RdbError */
export class RdbWalk {
  header: RdbHeader | undefined
  readonly #visitor: RdbVisitor
  readonly #window = new Window(CAPACITY)
  readonly #texts = new TextReader(this.#window)
  readonly #values = new ValueReader(this.#window, this.#texts)
  readonly #crc = new Crc64()
  readonly #reading: Waiting<RdbEnd>
  readonly #detail: StreamDetail | undefined
  readonly #checks: boolean
  readonly #hash = new Hash()
  /** Of the key that is being read: its name's digest and length, and where its value begins. */
  readonly #name = new Hash()
  #length = 0
  #start = 0
  readonly #value: Mutable<RdbValue> = { kind: 'string', elements: 0, hash: this.#hash, bytes: 0 }
  #end: RdbEnd | undefined
  #inValue = false

  constructor(visitor: RdbVisitor = {}, { detail, checksum = true }: RdbWalkOptions = {}) {
    this.#visitor = visitor
    this.#detail = detail
    this.#checks = checksum
    this.#window.onRead = (bytes, start, end) => {
      if (checksum) this.#crc.update(bytes, start, end)
      if (this.#inValue) visitor.part?.(bytes, start, end)
    }
    this.#reading = this.#file()
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#end) damaged('There are bytes after its end')
      const size = Math.min(chunk.length - at, this.#window.room)
      this.#window.push(chunk, at, at + size)
      at += size
      const { done, value } = this.#reading.next()
      if (done === true) this.#end = value
    }
    if (this.#end && this.#window.at !== this.#window.end) damaged('There are bytes after its end')
  }

  /** To be called when all has come. */
  end(): RdbEnd {
    return this.#end ?? damaged(`It breaks off after ${this.#window.position} bytes`)
  }

  *#file(): Waiting<RdbEnd> {
    const window = this.#window
    yield* window.need(9)
    const header = headerOf(window.bytes.toString('latin1', 0, 9))
    window.at += 9
    this.header = header
    this.#visitor.header?.(header)
    const { product, version } = header
    const valkey = product === 'valkey'
    this.#values.detail = this.#detail ?? detailOf(header)
    const key: Mutable<RdbKey> = {
      database: 0,
      type: 0,
      name: Buffer.alloc(0),
      expires: undefined,
      idle: undefined,
      frequency: undefined,
    }
    for (;;) {
      if (window.at === window.end) yield* window.need(1)
      const opcode = window.bytes[window.at++] as number
      if (opcode < 240) {
        key.type = opcode
        if (this.#visitor.key) {
          key.name = yield* this.#texts.copied()
          this.#length = key.name.length
          hashWhole(this.#name, key.name, 0, this.#length)
        } else {
          this.#length = this.#texts.quickHash(this.#name)
          if (this.#length < 0) this.#length = yield* this.#texts.hashed(this.#name)
        }
        this.#began(key)
        if (!this.#values.quick(opcode)) yield* this.#values.read(opcode, valkey)
        this.#ended(key)
        key.expires = key.idle = key.frequency = undefined
        continue
      }
      switch (opcode) {
        case 255:
          return yield* this.#checksum(version)
        case 254:
          key.database = yield* this.#texts.length()
          break
        case 253:
          yield* window.need(4)
          key.expires = window.bytes.readInt32LE(window.at) * 1000
          window.at += 4
          break
        case 252:
          yield* window.need(8)
          key.expires = window.bytes.readInt32LE(window.at + 4) * 2 ** 32 + window.bytes.readUInt32LE(window.at)
          window.at += 8
          break
        case 251:
          yield* this.#lengths(2)
          break
        case 250: {
          const name = yield* this.#texts.copied()
          const value = yield* this.#texts.copied()
          this.#visitor.aux?.(name.toString('latin1'), value)
          break
        }
        case 249:
          yield* window.need(1)
          key.frequency = window.bytes[window.at++] as number
          break
        case 248:
          key.idle = yield* this.#texts.length()
          break
        case 247:
          yield* this.#texts.wide()
          unknown(`Data of the module "${moduleName(this.#texts.high, this.#texts.low)}"`)
          break
        case 245: {
          const code = yield* this.#texts.copied()
          this.#visitor.library?.(code)
          break
        }
        case 244:
          yield* this.#lengths(3)
          break
        default:
          unknown(`The opcode ${opcode}${OPCODES[`${product} ${opcode}`] ?? ''}`)
      }
    }
  }

  /** Without what only a value that is not whole needs: most are. */
  #began(key: RdbKey): void {
    if (this.#visitor.part) {
      this.#window.settle()
      this.#inValue = true
    }
    this.#visitor.key?.(key)
    this.#start = this.#window.position
  }

  #ended(key: RdbKey): void {
    const visitor = this.#visitor
    if (visitor.part) {
      this.#window.settle()
      this.#inValue = false
    }
    const values = this.#values
    const hash = this.#hash
    hash.start(KINDS.length + 1)
    hash.words(this.#name)
    const { expires } = key
    if (expires !== undefined) {
      hash.word(expires | 0)
      hash.word(Math.floor(expires / 2 ** 32))
    }
    hash.words(values.hash)
    hash.finish(expires === undefined ? this.#length : -1 - this.#length)
    const value = this.#value
    value.kind = values.kind
    value.elements = values.elements
    value.bytes = this.#window.position - this.#start
    visitor.value?.(key, value)
  }

  *#lengths(count: number): Waiting<void> {
    for (let left = count; left > 0; left--) yield* this.#texts.wide()
  }

  *#checksum(version: number): Waiting<RdbEnd> {
    const window = this.#window
    window.settle()
    const wanted = this.#crc.digest()
    yield* window.need(8)
    const found = window.bytes.subarray(window.at, window.at + 8)
    window.at += 8
    const none = found.every((byte) => byte === 0)
    if (this.#checks && !none && !found.equals(wanted))
      damaged(`Its checksum (CRC64, version ${version}) is not that of its bytes`)
    return { checksum: !none, bytes: window.position }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const OPCODES: Readonly<Record<string, string>> = {
  'redis 243': ' (metadata that a module keeps with keys)',
  'valkey 243': ' (slots that are just being imported into a cluster)',
  'redis 246': ' (functions of a release candidate of Redis 7.0)',
  'valkey 246': ' (functions of a release candidate of Redis 7.0)',
}

function headerOf(text: string): RdbHeader {
  const match = /^(?:(REDIS)(\d{4})|(VALKEY)(\d{3}))$/.exec(text)
  if (match === null) return damaged('It does not begin like an RDB file')
  const product = match[1] === undefined ? 'valkey' : 'redis'
  const version = Number(match[2] ?? match[4])
  if (version > NEWEST[product] || version < OLDEST) unknown(`The version ${version} of the format`)
  return { product, version }
}

/** What a server of this version stores of streams. */
export function detailOf({ version }: RdbHeader): StreamDetail {
  return version < 10 ? 1 : version === 10 ? 2 : 3
}
