import { Hash } from '../rdb/hash.ts'
import { hashWhole } from '../rdb/text-digest.ts'

/**
 * Which keys came already: SCAN may name one more than once while tables of the server grow. Keeps eight bytes a key, and as
 * much room again.
 */
export class SeenKeys {
  #slots = new Int32Array(2 * 1024)
  #used = 0
  readonly #hash = new Hash()

  clear(): void {
    this.#slots = new Int32Array(2 * 1024)
    this.#used = 0
  }

  /** False when it was there already. */
  add(name: Buffer): boolean {
    hashWhole(this.#hash, name, 0, name.length)
    // Nothing and two zeros look alike.
    const first = this.#hash.a
    const second = this.#hash.b | (first === 0 && this.#hash.b === 0 ? 1 : 0)
    if (this.#used * 4 > this.#slots.length) this.#grow()
    if (!put(this.#slots, first, second)) return false
    this.#used++
    return true
  }

  #grow(): void {
    const larger = new Int32Array(this.#slots.length * 2)
    for (let at = 0; at < this.#slots.length; at += 2) {
      const first = this.#slots[at] as number
      const second = this.#slots[at + 1] as number
      if (first !== 0 || second !== 0) put(larger, first, second)
    }
    this.#slots = larger
  }
}

function put(slots: Int32Array, first: number, second: number): boolean {
  const mask = slots.length / 2 - 1
  for (let place = first & mask; ; place = (place + 1) & mask) {
    const at = place * 2
    if (slots[at] === 0 && slots[at + 1] === 0) {
      slots[at] = first
      slots[at + 1] = second
      return true
    }
    if (slots[at] === first && slots[at + 1] === second) return false
  }
}
