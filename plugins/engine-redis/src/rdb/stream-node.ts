import { Hash, type Sum } from './hash.ts'
import { damaged } from './rdb-error.ts'
import type { Entry } from './packed/entry.ts'

const DELETED = 1
const SAME_FIELDS = 2
const SEED = 0x57e4

/**
 * Makes entries of a stream out of the elements of one of its listpacks. The first entry names the fields that others may leave
 * out: `count, deleted, fields, field…, 0`, then for each entry `flags, ms, seq, [fields,] field or value…, elements before`.
 */
export class StreamNode {
  readonly #entry: Entry
  readonly #whole: Hash
  readonly #each = new Hash()
  readonly #one = new Hash()
  #names: Sum[] = []
  #ms = 0n
  #seq = 0n
  #step: () => void = this.#count
  #left = 0
  #same = false
  #deleted = false
  #place = 0
  /** How many entries there were that are not deleted. */
  entries = 0

  /** @param whole takes the digest of each entry, in order */
  constructor(entry: Entry, whole: Hash) {
    this.#entry = entry
    this.#whole = whole
  }

  begin(ms: bigint, seq: bigint): void {
    this.#ms = ms
    this.#seq = seq
    this.#names = []
    this.#step = this.#count
  }

  readonly element = (): void => this.#step()

  end(): void {
    if (this.#step !== this.#flags) damaged('A stream has an entry that is cut')
  }

  #count(): void {
    this.#step = this.#deletedCount
  }

  #deletedCount(): void {
    this.#step = this.#fields
  }

  #fields(): void {
    this.#left = this.#small()
    this.#step = this.#left > 0 ? this.#name : this.#zero
  }

  #name(): void {
    this.#entry.hashed(this.#one)
    this.#names.push({ a: this.#one.a, b: this.#one.b })
    if (--this.#left === 0) this.#step = this.#zero
  }

  #zero(): void {
    this.#step = this.#flags
  }

  #flags(): void {
    const flags = this.#small()
    this.#deleted = (flags & DELETED) !== 0
    this.#same = (flags & SAME_FIELDS) !== 0
    this.#step = this.#msOf
  }

  #msOf(): void {
    this.#each.start(SEED)
    this.#wide(this.#ms + this.#entry.integer())
    this.#step = this.#seqOf
  }

  #seqOf(): void {
    this.#wide(this.#seq + this.#entry.integer())
    this.#place = 0
    if (this.#same) this.#expect(this.#names.length)
    else this.#step = this.#ownFields
  }

  #ownFields(): void {
    this.#expect(this.#small() * 2)
  }

  #expect(texts: number): void {
    this.#left = texts
    this.#step = texts > 0 ? this.#text : this.#back
  }

  #text(): void {
    if (this.#same) {
      const name = this.#names[this.#place++]
      if (name) {
        this.#each.word(name.a)
        this.#each.word(name.b)
      }
    }
    this.#entry.hashed(this.#one)
    this.#each.words(this.#one)
    if (--this.#left === 0) this.#step = this.#back
  }

  #back(): void {
    this.#step = this.#flags
    if (this.#deleted) return
    this.entries++
    this.#each.finish(0)
    this.#whole.words(this.#each)
  }

  #wide(number: bigint): void {
    this.#each.word(Number(BigInt.asIntN(32, number)))
    this.#each.word(Number(BigInt.asIntN(32, number >> 32n)))
  }

  #small(): number {
    const { number } = this.#entry
    return typeof number === 'number' && number >= 0 ? number : damaged('A stream has an entry of an unknown form')
  }
}
