const P1 = 0x9e3779b1
const P2 = 0x85ebca77

/**
 * A digest of 64 bits of texts and numbers, in two halves that are computed differently. Equal content has equal digests on
 * every machine and in every version; it finds accidents, not forgeries, against which there are the artifact's own digests.
 */
export class Hash {
  a = 0
  b = 0

  /** @param seed what kind of thing is digested, so that a list of one element is not that element */
  start(seed: number): void {
    this.a = seed ^ P2
    this.b = seed ^ P1
  }

  word(word: number): void {
    const a = Math.imul(this.a ^ word, P1)
    this.a = a ^ (a >>> 15)
    const b = Math.imul((this.b + word) | 0, P2)
    this.b = (b << 13) | (b >>> 19)
  }

  words(other: Hash): void {
    this.word(other.a)
    this.word(other.b)
  }

  /** A text in parts, each of which but the last has to be a multiple of four bytes long. */
  part(bytes: Uint8Array, start: number, end: number): void {
    let { a, b } = this
    let at = start
    for (const last = end - 4; at <= last; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)
      a = Math.imul(a ^ word, P1)
      a ^= a >>> 15
      b = Math.imul((b + word) | 0, P2)
      b = (b << 13) | (b >>> 19)
    }
    this.a = a
    this.b = b
    if (at === end) return
    let rest = 0
    for (let shift = 0; at < end; at++, shift += 8) rest |= (bytes[at] as number) << shift
    this.word(rest)
  }

  /** @param length of a text, which tells `a` and then `b` from `ab` */
  finish(length: number): void {
    this.word(length | 0)
    const a = mix(this.a ^ Math.imul(this.b, P1))
    this.b = mix(this.b ^ Math.imul(a, P2))
    this.a = a
  }

  /** Once finished: adds it to a sum, in which the order of what is added makes no difference. */
  addTo(sum: Sum): void {
    sum.a = (sum.a + this.a) | 0
    sum.b = (sum.b + this.b) | 0
  }
}

export interface Sum {
  a: number
  b: number
}

/** Sixteen hexadecimal digits. */
export function hex({ a, b }: Sum): string {
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x7feb352d)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x846ca68b)
  return mixed ^ (mixed >>> 16)
}
