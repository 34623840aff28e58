import { hash } from 'node:crypto'

const WORDS = 4

/**
 * Counts and digests documents, byte for byte, whatever the order in which they come: the sum over them of the first
 * 128 bits of their SHA-256, in four words of 32 bits that overflow each for itself.
 */
export class ContentSum {
  readonly #sum = new Uint32Array(WORDS)
  #documents = 0

  add(document: Buffer): void {
    // As a text of one character a byte: a buffer for each would have memory of its own.
    const digest = hash('sha256', document, 'binary')
    for (let word = 0; word < WORDS; word++) this.#sum[word] = (this.#sum[word] ?? 0) + wordOf(digest, word * 4)
    this.#documents++
  }

  get documents(): number {
    return this.#documents
  }

  /** In hex. */
  get digest(): string {
    return Array.from(this.#sum, (word) => word.toString(16).padStart(8, '0')).join('')
  }
}

function wordOf(digest: string, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)
  )
}
