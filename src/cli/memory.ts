import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { OperationEvent } from '../operations/context.ts'

type Report = (event: OperationEvent) => void

/** From here on a run is a large one, for which it pays to tidy up once: that takes as long as some megabytes. */
const LARGE = 8 * 1024 * 1024
/** How much passes from one minor collection to the next. */
const STEP = 4 * 1024 * 1024

/**
 * Keeps the memory of a run small and the same at any size of database. A buffer that has passed through is freed by
 * the next minor collection; V8 postpones those the longer the larger its young generation is, up to tens of megabytes
 * of buffers. What it would gain by that is not measurable here, where native code does the work. The start of the
 * program is faster with it, so this is called after that, and what had grown by then is given back once it is known
 * that much has to pass.
 * @returns `report`, to be used in place of it: it is how that becomes known
 */
export function keepMemorySmall(report: Report): Report {
  const passedOf = new Map<string, number>()
  let collect: ReturnType<typeof collector> | undefined
  let passed = 0
  let next = LARGE

  return (event) => {
    if (event.kind === 'progress') count(event.subject, event.bytes)
    report(event)
  }

  /** Each phase counts from zero, and several databases at a time may each have one. */
  function count(subject: string, bytes: number): void {
    if (passedOf.size === 0) setFlagsFromString('--semi-space-growth-factor=1')
    const before = passedOf.get(subject) ?? 0
    passedOf.set(subject, bytes)
    passed += bytes < before ? bytes : bytes - before
    if (passed < next) return
    next = passed + STEP
    // Only the `last-resort` makes V8 take back what it had given to the young generation.
    if (collect) collect({ type: 'minor' })
    else (collect = collector())({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}

function collector(): (options: Readonly<Record<string, string>>) => void {
  // Buffers count as growth of the heap, which is small: with V8's own measure there is a major collection for every
  // eight megabytes that pass, a tenth of the time that the whole run takes.
  setFlagsFromString('--heap-growing-percent=100')
  setFlagsFromString('--expose-gc')
  try {
    return runInNewContext('gc') as ReturnType<typeof collector>
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
