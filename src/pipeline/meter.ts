import { createHash } from 'node:crypto'
import type { Bytes } from './bytes.ts'

/** Counts and digests (sha256) whatever flows through it. */
export class Meter {
  bytes = 0
  readonly #hash = createHash('sha256')
  readonly #onBytes: ((total: number) => void) | undefined
  #digest: string | undefined

  constructor(onBytes?: (total: number) => void) {
    this.#onBytes = onBytes
  }

  async *measure(source: Bytes): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of source) {
      this.bytes += chunk.length
      this.#hash.update(chunk)
      this.#onBytes?.(this.bytes)
      yield chunk
    }
    this.#digest = this.#hash.digest('hex')
  }

  /** Of the whole flow, in lower-case hex. Known once the flow has ended without an error. */
  get sha256(): string {
    if (this.#digest === undefined) throw new Error('The digest was asked for before the end of the flow')
    return this.#digest
  }
}
