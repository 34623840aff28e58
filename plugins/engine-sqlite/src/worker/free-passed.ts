import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How much passes from one minor collection to the next. */
const STEP = 4 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let passed = 0
/** Made when it is first needed, and once: a context of its own takes longer than a small table. */
let collect: Collect | undefined

/**
 * Counts what has passed through this thread as buffers, and has it freed. V8 sees little garbage where a buffer is large
 * and the object for it small, and would let tens of megabytes stand before it collects.
 */
export function hasPassed(bytes: number): void {
  passed += bytes
  if (passed < STEP) return
  passed = 0
  collect ??= collector()
  collect?.({ type: 'minor' })
}

/** Undefined where it cannot be had: flags are those of the whole process, and another thread may take this one back. */
function collector(): Collect | undefined {
  setFlagsFromString('--expose-gc')
  try {
    return runInNewContext('gc') as Collect
  } catch {
    return undefined
  }
}
