import { LONGEST_RUN, REACH } from './lzf.ts'
import type { Parts } from './parts.ts'
import { damaged } from './rdb-error.ts'
import type { Waiting, Window } from './window.ts'

const PART = 1 << 16

export function* readLarge(window: Window, length: number, parts: Parts): Waiting<void> {
  parts.begin(length)
  for (let left = length; left > 0;) {
    const there = Math.min(left, window.end - window.at)
    const size = there === left ? left : there & ~3
    if (size === 0) {
      yield
      continue
    }
    parts.part(window.bytes, window.at, window.at + size)
    window.at += size
    left -= size
  }
  parts.finish()
}

/** As `decompress`, keeping only as much of what came out as can be repeated. */
export function* readLargeCompressed(window: Window, packed: number, length: number, parts: Parts): Waiting<void> {
  const room = Buffer.allocUnsafe(REACH + PART)
  let to = REACH
  let done = 0
  let left = packed
  parts.begin(length)
  const hand = (): void => {
    parts.part(room, REACH, to)
    done += to - REACH
    room.copyWithin(0, to - REACH, to)
    to = REACH
  }
  while (left > 0) {
    const there = Math.min(left, 34)
    if (window.end - window.at < there) yield* window.need(there)
    const { bytes } = window
    const from = window.at
    const control = bytes[from] as number
    if (control < 32) {
      const run = control + 1
      if (run + 1 > left) damaged('A compressed value is cut')
      window.at += run + 1
      left -= run + 1
      for (let taken = 1; taken <= run; taken++) {
        room[to++] = bytes[from + taken] as number
        if (to === REACH + PART) hand()
      }
    } else {
      let run = (control >> 5) + 2
      const long = run === 9
      if (long) run += bytes[from + 1] as number
      const size = long ? 3 : 2
      if (size > left || run > LONGEST_RUN) damaged('A compressed value is cut')
      const back = ((control & 31) << 8) + (bytes[from + size - 1] as number) + 1
      window.at += size
      left -= size
      if (back > done + to - REACH) damaged('A compressed value repeats what is not there')
      for (; run > 0; run--) {
        room[to] = room[to - back] as number
        if (++to === REACH + PART) hand()
      }
    }
    if (done + to - REACH > length) damaged('A compressed value is longer than it says')
  }
  hand()
  if (done !== length) damaged('A compressed value is not as long as it says')
  parts.finish()
}
