import { Hash, type Sum } from './hash.ts'
import { parseFloatText } from './packed/entry.ts'
import { intset } from './packed/intset.ts'
import { listpack } from './packed/listpack.ts'
import { PackedReader } from './packed/packed.ts'
import type { Packing } from './packed/packing.ts'
import { ziplist } from './packed/ziplist.ts'
import { zipmap } from './packed/zipmap.ts'
import { KINDS, type Kind, type StreamDetail } from './kinds.ts'
import { damaged, unknown } from './rdb-error.ts'
import { StreamReader } from './stream-reader.ts'
import type { TextReader } from './text.ts'
import { moduleName, unknownType } from './unknown-types.ts'
import type { Waiting, Window } from './window.ts'

/** One is enough: it keeps nothing but the value that is read. */
const INTSET = intset()
const PLAIN = 1
const PACKED = 2
const DOUBLE = new DataView(new ArrayBuffer(8))

/** Reads the value of one key, in whichever of its encodings, and digests what it means: equal values have equal digests. */
export class ValueReader {
  kind: Kind = 'string'
  elements = 0
  /** Finished once a value was read. */
  readonly hash = new Hash()
  detail: StreamDetail = 3
  readonly #window: Window
  readonly #texts: TextReader
  readonly #packed: PackedReader
  readonly #one = new Hash()
  readonly #other = new Hash()
  readonly #sum: Sum = { a: 0, b: 0 }
  readonly #streams: StreamReader
  /** Of elements of a packed value that belong together, the place of the next. */
  #place = 0
  /** Of the fields of a hash: when the first of them expires. */
  #soonest = 0n

  readonly #listElement = (): void => {
    this.#packed.entry.hashed(this.#one)
    this.hash.words(this.#one)
    this.elements++
  }

  readonly #setElement = (): void => {
    this.#packed.entry.hashed(this.#one)
    this.#one.addTo(this.#sum)
    this.elements++
  }

  readonly #zsetElement = (): void => {
    if (this.#place === 0) {
      this.#packed.entry.hashed(this.#one)
      this.#place = 1
      return
    }
    this.#place = 0
    this.#scored(this.#packed.entry.float())
  }

  readonly #hashElement = (): void => {
    this.#packed.entry.hashed(this.#one)
    if (this.#place === 0) {
      this.#other.start(2)
      this.#other.words(this.#one)
      this.#place = 1
      return
    }
    this.#place = 0
    this.#field(0n)
  }

  constructor(window: Window, texts: TextReader) {
    this.#window = window
    this.#texts = texts
    this.#packed = new PackedReader(texts)
    this.#streams = new StreamReader(window, texts, this.#packed, this.hash)
  }

  /** Reads a small value that is there as a whole, as most are; otherwise false, and nothing was read. */
  quick(type: number): boolean {
    this.#reset()
    switch (type) {
      case 0:
        this.#begin('string')
        if (this.#texts.quickHash(this.#one) < 0) return false
        this.elements = 1
        this.hash.words(this.#one)
        break
      case 11:
        this.#begin('set')
        if (!this.#packed.quick(INTSET, this.#setElement)) return false
        break
      case 16:
        this.#begin('hash')
        if (!this.#packed.quick(listpack, this.#hashElement)) return false
        break
      case 17:
        this.#begin('zset')
        if (!this.#packed.quick(listpack, this.#zsetElement)) return false
        break
      case 18:
        if (!this.#quickList()) return false
        break
      case 20:
        this.#begin('set')
        if (!this.#packed.quick(listpack, this.#setElement)) return false
        break
      default:
        return false
    }
    this.#finish()
    return true
  }

  /** A list of one packed node, as short ones are. */
  #quickList(): boolean {
    const start = this.#window.at
    this.#begin('list')
    const nodes = this.#texts.quickLength()
    if (nodes === 1 && this.#texts.quickLength() === PACKED && this.#packed.quick(listpack, this.#listElement))
      return true
    this.#window.at = start
    return false
  }

  #reset(): void {
    this.elements = 0
    this.#sum.a = 0
    this.#sum.b = 0
    this.#place = 0
  }

  #finish(): void {
    if (this.#place !== 0) damaged('A packed value ends within an element')
    this.hash.word(this.#sum.a)
    this.hash.word(this.#sum.b)
    this.hash.finish(this.elements)
  }

  /** @param valkey whether types from 22 on mean what they mean to Valkey */
  *read(type: number, valkey: boolean): Waiting<void> {
    this.#reset()
    switch (type) {
      case 0:
        this.#begin('string')
        if (this.#texts.quickHash(this.#one) < 0) yield* this.#texts.hashed(this.#one)
        this.elements = 1
        this.hash.words(this.#one)
        break
      case 1:
        yield* this.#list()
        break
      case 2:
        yield* this.#set()
        break
      case 3:
      case 5:
        yield* this.#zset(type === 5)
        break
      case 4:
        yield* this.#hashTable('none')
        break
      case 9:
        yield* this.#packedHash(zipmap())
        break
      case 10:
        this.#begin('list')
        yield* this.#packed.read(ziplist, this.#listElement)
        break
      case 11:
        yield* this.#packedSet(INTSET)
        break
      case 12:
        yield* this.#packedZset(ziplist)
        break
      case 13:
        yield* this.#packedHash(ziplist)
        break
      case 14:
      case 18:
        yield* this.#quicklist(type === 18)
        break
      case 15:
      case 19:
      case 21:
        this.#begin('stream')
        this.elements = yield* this.#streams.read(type === 15 ? 1 : type === 19 ? 2 : 3, this.detail)
        break
      case 16:
        yield* this.#packedHash(listpack)
        break
      case 17:
        yield* this.#packedZset(listpack)
        break
      case 20:
        yield* this.#packedSet(listpack)
        break
      case 22:
        if (!valkey) unknown(`The type ${type} (hash of a release candidate of Redis 7.4)`)
        yield* this.#hashTable('behind')
        break
      case 24:
        if (valkey) unknownType(type)
        yield* this.#skip(8, (bytes, at) => (this.#soonest = bytes.readBigUInt64LE(at)))
        yield* this.#hashTable('before')
        break
      case 25:
        if (valkey) unknownType(type)
        yield* this.#skip(8)
        yield* this.#packedHashWithTimes()
        break
      case 6:
      case 7:
        yield* this.#module()
        break
      default:
        unknownType(type)
    }
    this.#finish()
  }

  #begin(kind: Kind): void {
    this.kind = kind
    this.hash.start(KINDS.indexOf(kind) + 1)
  }

  *#list(): Waiting<void> {
    this.#begin('list')
    for (let left = yield* this.#texts.length(); left > 0; left--) yield* this.#listText()
  }

  *#listText(): Waiting<void> {
    yield* this.#texts.hashed(this.#one)
    this.hash.words(this.#one)
    this.elements++
  }

  *#quicklist(containers: boolean): Waiting<void> {
    this.#begin('list')
    for (let left = yield* this.#texts.length(); left > 0; left--) {
      let container = containers ? this.#texts.quickLength() : PACKED
      if (container < 0) container = yield* this.#texts.length()
      const packing = containers ? listpack : ziplist
      if (container === PLAIN) yield* this.#listText()
      else if (container === PACKED) {
        if (!this.#packed.quick(packing, this.#listElement)) yield* this.#packed.read(packing, this.#listElement)
      } else damaged('A list has a node of an unknown kind')
    }
  }

  *#set(): Waiting<void> {
    this.#begin('set')
    for (let left = yield* this.#texts.length(); left > 0; left--) {
      if (this.#texts.quickHash(this.#one) < 0) yield* this.#texts.hashed(this.#one)
      this.#one.addTo(this.#sum)
      this.elements++
    }
  }

  *#packedSet(packing: Packing): Waiting<void> {
    this.#begin('set')
    yield* this.#packed.read(packing, this.#setElement)
  }

  *#zset(binary: boolean): Waiting<void> {
    this.#begin('zset')
    for (let left = yield* this.#texts.length(); left > 0; left--) {
      if (this.#texts.quickHash(this.#one) < 0) yield* this.#texts.hashed(this.#one)
      this.#scored(binary ? yield* this.#double() : yield* this.#textScore())
    }
  }

  *#packedZset(packing: Packing): Waiting<void> {
    this.#begin('zset')
    yield* this.#packed.read(packing, this.#zsetElement)
  }

  /** Adds the member that is in `#one`. */
  #scored(score: number): void {
    DOUBLE.setFloat64(0, score)
    const member = this.#other
    member.start(1)
    member.words(this.#one)
    member.word(DOUBLE.getInt32(0))
    member.word(DOUBLE.getInt32(4))
    member.finish(0)
    member.addTo(this.#sum)
    this.elements++
  }

  *#double(): Waiting<number> {
    if (this.#window.end - this.#window.at < 8) yield* this.#window.need(8)
    const score = this.#window.bytes.readDoubleLE(this.#window.at)
    this.#window.at += 8
    return score
  }

  *#textScore(): Waiting<number> {
    yield* this.#window.need(1)
    const length = this.#window.bytes[this.#window.at++] as number
    if (length === 253) return NaN
    if (length === 254) return Infinity
    if (length === 255) return -Infinity
    yield* this.#window.need(length)
    const { bytes, at } = this.#window
    this.#window.at += length
    return parseFloatText(bytes.toString('latin1', at, at + length))
  }

  /** @param times where it is said when a field expires */
  *#hashTable(times: 'none' | 'before' | 'behind'): Waiting<void> {
    this.#begin('hash')
    for (let left = yield* this.#texts.length(); left > 0; left--) {
      let expires = 0n
      if (times === 'before') {
        yield* this.#texts.wide()
        const offset = (BigInt(this.#texts.high) << 32n) | BigInt(this.#texts.low)
        if (offset > 0n) expires = this.#soonest + offset - 1n
      }
      if (this.#texts.quickHash(this.#one) < 0) yield* this.#texts.hashed(this.#one)
      this.#other.start(2)
      this.#other.words(this.#one)
      if (this.#texts.quickHash(this.#one) < 0) yield* this.#texts.hashed(this.#one)
      if (times === 'behind') {
        yield* this.#skip(8, (bytes, at) => (expires = bytes.readBigInt64LE(at)))
        if (expires < 0n) expires = 0n
      }
      this.#field(expires)
    }
  }

  *#packedHash(packing: Packing): Waiting<void> {
    this.#begin('hash')
    yield* this.#packed.read(packing, this.#hashElement)
  }

  *#packedHashWithTimes(): Waiting<void> {
    this.#begin('hash')
    const value = new Hash()
    yield* this.#packed.read(listpack, () => {
      const { entry } = this.#packed
      if (this.#place === 0) {
        entry.hashed(this.#one)
        this.#other.start(2)
        this.#other.words(this.#one)
        this.#place = 1
      } else if (this.#place === 1) {
        entry.hashed(value)
        this.#place = 2
      } else {
        this.#one.a = value.a
        this.#one.b = value.b
        this.#place = 0
        this.#field(entry.integer())
      }
    })
  }

  /** Adds the field that `#other` was begun with, and whose value is in `#one`. */
  #field(expires: bigint): void {
    const field = this.#other
    field.words(this.#one)
    if (expires !== 0n) {
      field.word(Number(BigInt.asIntN(32, expires)))
      field.word(Number(BigInt.asIntN(32, expires >> 32n)))
    }
    field.finish(expires === 0n ? 0 : 1)
    field.addTo(this.#sum)
    this.elements++
  }

  *#skip(length: number, read: (bytes: Buffer, at: number) => void = () => {}): Waiting<void> {
    yield* this.#window.need(length)
    read(this.#window.bytes, this.#window.at)
    this.#window.at += length
  }

  *#module(): Waiting<void> {
    yield* this.#texts.wide()
    unknown(`A value of the module type "${moduleName(this.#texts.high, this.#texts.low)}"`)
  }
}
