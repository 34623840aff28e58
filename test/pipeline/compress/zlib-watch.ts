import { createHook } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'

/** Tells whether zlib or zstd is still at work for what was started since this watch was made. */
export class ZlibWatch {
  readonly #started = new Set<number>()
  #finished = 0
  #on = true
  readonly #hook = createHook({
    init: (id, type) => {
      if (this.#on && /ZLIB|ZSTD/i.test(type)) this.#started.add(id)
    },
    before: (id) => {
      if (this.#started.has(id)) this.#finished++
    },
  }).enable()

  /** How many jobs finish from now on, until the thread pool has gone through as much other work as it has threads. */
  async late(): Promise<number> {
    this.#on = false
    const before = this.#finished
    if (before === 0) throw new Error('The watch has seen no work of zlib at all.')
    const other = randomBytes(8 << 20)
    await Promise.all(Array.from({ length: 8 }, () => promisify(deflateRaw)(other)))
    return this.#finished - before
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
  }
}
