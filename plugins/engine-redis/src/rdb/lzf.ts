import { damaged } from './rdb-error.ts'

/** How far back a repetition may lie, and how long it may be. */
export const REACH = 8192
export const LONGEST_RUN = 264

/**
 * Undoes LibLZF: runs of up to 32 literal bytes, and repetitions of what came up to 8 KiB before. `target` has to have room
 * for exactly `length` bytes from `at` on.
 */
export function decompress(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  length: number,
): void {
  const begin = at
  const limit = at + length
  let from = start
  let to = at
  while (from < end) {
    const control = source[from++] as number
    if (control < 32) {
      const stop = from + control + 1
      if (stop > end || to + control + 1 > limit) damaged('A compressed value does not end where it says')
      while (from < stop) target[to++] = source[from++] as number
      continue
    }
    let run = (control >> 5) + 2
    if (run === 9) run += source[from++] ?? 0
    if (from >= end) damaged('A compressed value is cut')
    let back = to - ((control & 31) << 8) - (source[from++] as number) - 1
    if (back < begin || to + run > limit) damaged('A compressed value repeats what is not there')
    for (const stop = to + run; to < stop;) target[to++] = target[back++] as number
  }
  if (to !== limit) damaged('A compressed value is not as long as it says')
}
