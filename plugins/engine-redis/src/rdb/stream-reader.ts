import { Hash } from './hash.ts'
import type { StreamDetail } from './kinds.ts'
import { listpack } from './packed/listpack.ts'
import type { PackedReader } from './packed/packed.ts'
import { damaged } from './rdb-error.ts'
import { StreamNode } from './stream-node.ts'
import type { TextReader } from './text.ts'
import type { Waiting, Window } from './window.ts'

/** Reads streams with their groups and consumers. */
export class StreamReader {
  readonly #window: Window
  readonly #texts: TextReader
  readonly #packed: PackedReader
  readonly #hash: Hash
  readonly #node: StreamNode
  readonly #one = new Hash()

  /** @param hash takes the digest of everything, in order */
  constructor(window: Window, texts: TextReader, packed: PackedReader, hash: Hash) {
    this.#window = window
    this.#texts = texts
    this.#packed = packed
    this.#hash = hash
    this.#node = new StreamNode(packed.entry, hash)
  }

  /** Returns how many entries it has. */
  *read(version: StreamDetail, detail: StreamDetail): Waiting<number> {
    const texts = this.#texts
    const node = this.#node
    node.entries = 0
    for (let left = yield* texts.length(); left > 0; left--) {
      const key = yield* texts.copied()
      if (key.length !== 16) damaged('A stream has a node without an id')
      node.begin(key.readBigUInt64BE(0), key.readBigUInt64BE(8))
      yield* this.#packed.read(listpack, node.element)
      node.end()
    }
    const length = yield* texts.length()
    if (length !== node.entries) damaged('A stream has not as many entries as it says')
    yield* this.#numbers(2, true)
    if (version > 1) yield* this.#numbers(5, detail > 1)
    for (let groups = yield* texts.length(); groups > 0; groups--) yield* this.#group(version, detail)
    return node.entries
  }

  *#group(version: StreamDetail, detail: StreamDetail): Waiting<void> {
    yield* this.#name()
    yield* this.#numbers(2, true)
    if (version > 1) yield* this.#numbers(1, detail > 1)
    const pending = yield* this.#texts.length()
    this.#hash.word(pending)
    for (let left = pending; left > 0; left--) {
      yield* this.#raw(24)
      yield* this.#numbers(1, true)
    }
    const consumers = yield* this.#texts.length()
    this.#hash.word(consumers)
    for (let left = consumers; left > 0; left--) {
      yield* this.#name()
      yield* this.#raw(8)
      if (version > 2) yield* detail > 2 ? this.#raw(8) : this.#skip(8)
      for (let owned = yield* this.#texts.length(); owned > 0; owned--) yield* this.#raw(16)
    }
  }

  *#name(): Waiting<void> {
    yield* this.#texts.hashed(this.#one)
    this.#hash.words(this.#one)
  }

  *#numbers(count: number, digested: boolean): Waiting<void> {
    for (let left = count; left > 0; left--) {
      yield* this.#texts.wide()
      if (!digested) continue
      this.#hash.word(this.#texts.low)
      this.#hash.word(this.#texts.high)
    }
  }

  /** @param length a multiple of four */
  *#raw(length: number): Waiting<void> {
    yield* this.#window.need(length)
    this.#hash.part(this.#window.bytes, this.#window.at, this.#window.at + length)
    this.#window.at += length
  }

  *#skip(length: number): Waiting<void> {
    yield* this.#window.need(length)
    this.#window.at += length
  }
}
