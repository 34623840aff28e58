import type { Host, ToolCall } from 'dbvault'
import { dumpError } from '../tool/tool-error.ts'

/** A program that runs before anyone reads what it writes. Disposing it ends it. */
export class StartedTool implements AsyncDisposable {
  readonly #host: Host
  readonly #ended = new AbortController()
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #over = Promise.withResolvers<void>()
  #first: Promise<IteratorResult<Uint8Array>> | undefined

  constructor(call: ToolCall, host: Host) {
    this.#host = host
    const signal = AbortSignal.any([host.signal, this.#ended.signal])
    this.#chunks = host.runTool({ ...call, signal })[Symbol.asyncIterator]()
  }

  /** Settles when all that it wrote was read, or it was ended. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** Runs the program. Settles with the first thing it does: it writes, ends or fails. */
  first(): Promise<unknown> {
    if (!this.#first) {
      this.#first = this.#chunks.next()
      this.#first.catch(() => {}) // For whoever reads.
    }
    return this.#first
  }

  /** @throws what the failure of a dump program means */
  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      await this.first()
      for (let next = await this.#first; next?.done === false; next = await this.#chunks.next()) yield next.value
    } catch (error) {
      throw this.#host.signal.aborted ? this.#host.signal.reason : dumpError(this.#host, error)
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(this.#host.error('INTERRUPTED', 'The dump was ended before its end'))
    await this.#first?.catch(() => {})
    await this.#chunks.return?.()
    this.#over.resolve()
  }
}
