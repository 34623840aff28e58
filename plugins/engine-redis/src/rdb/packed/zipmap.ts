import type { Window } from '../window.ts'
import type { Entry } from './entry.ts'
import { END, MORE, READ, type Packing } from './packing.ts'

const LAST = 255
const LONG = 254

/** A zipmap (hashes of Redis 2.4 and before): field and value in turn; behind a value there may be room that is not used. */
export function zipmap(): Packing {
  let free = 0
  return {
    header: 1,
    next(window: Window, entry: Entry, place: number) {
      const there = window.end - window.at
      if (there < 1) return MORE
      const isValue = place % 2 === 1
      const { bytes, at } = window
      const first = bytes[at] as number
      if (first === LAST && !isValue) {
        window.at++
        return END
      }
      const long = first === LONG
      const head = (long ? 5 : 1) + (isValue ? 1 : 0)
      if (there < head) return MORE
      free = isValue ? (bytes[at + head - 1] as number) : 0
      return entry.take(window, head, long ? bytes.readUInt32LE(at + 1) : first) ? READ : MORE
    },
    behind: () => free,
  }
}
