import { type Hash, createHash } from 'node:crypto'
import type { Bytes } from './bytes.ts'

/** Counts whatever flows through it, and digests it (sha256) unless that is not wanted. */
export class Meter {
  bytes = 0
  readonly #hash: Hash | undefined
  readonly #onBytes: ((total: number) => void) | undefined
  #digest: string | undefined

  constructor({ digest = true, onBytes }: { digest?: boolean; onBytes?: (total: number) => void } = {}) {
    this.#hash = digest ? createHash('sha256') : undefined
    this.#onBytes = onBytes
  }

  async *measure(source: Bytes): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of source) {
      this.bytes += chunk.length
      this.#hash?.update(chunk)
      this.#onBytes?.(this.bytes)
      yield chunk
    }
    this.#digest = this.#hash?.digest('hex')
  }

  /** Of the whole flow, in lower-case hex. Known once the flow has ended without an error. */
  get sha256(): string {
    if (this.#digest === undefined) throw new Error('The digest was asked for before the end of the flow')
    return this.#digest
  }
}
