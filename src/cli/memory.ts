import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { OperationEvent } from '../operations/context.ts'

type Report = (event: OperationEvent) => void

/** From here on a run is a large one, for which it pays to tidy up once: that takes as long as some megabytes. */
const LARGE = 8 * 1024 * 1024

/**
 * Keeps the memory of a run small and the same at any size of database. A buffer that has passed through is freed by
 * the next minor collection; V8 postpones those the longer the larger its young generation is, up to tens of megabytes
 * of buffers. What it would gain by that is not measurable here, where native code does the work. The start of the
 * program is faster with it, so this is called after that, and what had grown by then is given back once it is known
 * that much has to pass.
 * @returns `report`, to be used in place of it: it is how the size of the run becomes known
 */
export function keepMemorySmall(report: Report): Report {
  setFlagsFromString('--semi-space-growth-factor=1')
  let large = false
  return (event) => {
    if (!large && event.kind === 'progress' && event.bytes > LARGE) {
      large = true
      shrink()
    }
    report(event)
  }
}

/** Only this kind of collection makes V8 take back what it had given to the young generation. */
function shrink(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: Readonly<Record<string, string>>) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
