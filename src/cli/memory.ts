import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the memory of a run small and the same at any size of database. A buffer that has passed through is freed by
 * the next minor collection; V8 postpones those by letting its young generation grow, up to tens of megabytes. What it
 * would gain by that is not measurable here, where native code does the work; the start of the program is faster with
 * it, so this is called after that.
 */
export function keepMemorySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
