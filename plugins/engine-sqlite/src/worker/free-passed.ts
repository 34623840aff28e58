import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How much passes from one minor collection to the next. */
const STEP = 4 * 1024 * 1024

/**
 * Counts what passes through this thread as buffers, and has it freed. V8 sees little garbage where a buffer is large and
 * the object for it small, and would let tens of megabytes stand before it collects.
 */
export class FreePassed {
  readonly #collect = collector()
  #bytes = 0

  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < STEP) return
    this.#bytes = 0
    this.#collect?.({ type: 'minor' })
  }
}

/** Undefined where it cannot be had: flags are those of the whole process, and another thread may take this one back. */
function collector(): ((options: { readonly type: 'minor' }) => void) | undefined {
  setFlagsFromString('--expose-gc')
  try {
    return runInNewContext('gc') as ReturnType<typeof collector>
  } catch {
    return undefined
  }
}
