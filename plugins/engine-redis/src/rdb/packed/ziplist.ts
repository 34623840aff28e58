import { damaged } from '../rdb-error.ts'
import type { Window } from '../window.ts'
import type { Entry } from './entry.ts'
import { small } from './listpack.ts'
import { END, MORE, READ, type Packing } from './packing.ts'

const LAST = 255

/** A ziplist: Redis 6 and before. Before each element stands the length of the one before. */
export const ziplist: Packing = {
  header: 10,
  next(window: Window, entry: Entry) {
    const there = window.end - window.at
    if (there < 1) return MORE
    const { bytes } = window
    const before = bytes[window.at] as number
    if (before === LAST) {
      window.at++
      return END
    }
    const skip = before === 254 ? 5 : 1
    if (there < skip + 1) return MORE
    const at = window.at + skip
    const first = bytes[at] as number
    const head = headOf(first)
    if (there < skip + head) return MORE
    if (first < 64) return entry.take(window, skip + 1, first & 63) ? READ : MORE
    if (first < 128) {
      return entry.take(window, skip + 2, ((first & 63) << 8) | (bytes[at + 1] as number)) ? READ : MORE
    }
    if (first === 128) return entry.take(window, skip + 5, bytes.readUInt32BE(at + 1)) ? READ : MORE
    if (first === 0xc0) entry.set(bytes.readInt16LE(at + 1))
    else if (first === 0xd0) entry.set(bytes.readInt32LE(at + 1))
    else if (first === 0xe0) entry.set(small(bytes.readBigInt64LE(at + 1)))
    else if (first === 0xf0) entry.set(bytes.readIntLE(at + 1, 3))
    else if (first === 0xfe) entry.set(bytes.readInt8(at + 1))
    else entry.set((first & 15) - 1)
    window.at = at + head
    return READ
  },
  behind: () => 0,
}

function headOf(first: number): number {
  if (first < 64) return 1
  if (first < 128) return 2
  switch (first) {
    case 128:
    case 0xd0:
      return 5
    case 0xc0:
      return 3
    case 0xe0:
      return 9
    case 0xf0:
      return 4
    case 0xfe:
      return 2
    default:
      return first > 0xf0 && first < 0xfe ? 1 : damaged('A ziplist has an element of an unknown kind')
  }
}
