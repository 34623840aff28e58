import { damaged } from '../rdb-error.ts'
import type { Window } from '../window.ts'
import type { Entry } from './entry.ts'
import { END, MORE, READ, type Packing } from './packing.ts'

const LAST = 255

/** A listpack: Redis 7 and later; in streams always. Behind each element stands its length, to be read backwards. */
export const listpack: Packing = {
  header: 6,
  next(window: Window, entry: Entry) {
    const there = window.end - window.at
    if (there < 1) return MORE
    const { bytes, at } = window
    const first = bytes[at] as number
    if (first < 128) {
      entry.set(first)
      window.at = at + 1
      return READ
    }
    if (first < 192) return entry.take(window, 1, first & 63) ? READ : MORE
    if (first === LAST) {
      window.at = at + 1
      return END
    }
    const head = headOf(first)
    if (there < head) return MORE
    if (first < 224) {
      const number = ((first & 31) << 8) | (bytes[at + 1] as number)
      entry.set(number >= 1 << 12 ? number - (1 << 13) : number)
    } else if (first < 240) {
      return entry.take(window, 2, ((first & 15) << 8) | (bytes[at + 1] as number)) ? READ : MORE
    } else if (first === 240) return entry.take(window, 5, bytes.readUInt32LE(at + 1)) ? READ : MORE
    else if (first === 241) entry.set(bytes.readInt16LE(at + 1))
    else if (first === 242) entry.set(bytes.readIntLE(at + 1, 3))
    else if (first === 243) entry.set(bytes.readInt32LE(at + 1))
    else entry.set(small(bytes.readBigInt64LE(at + 1)))
    window.at = at + head
    return READ
  },
  behind: (size) => (size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : size < 268_435_456 ? 4 : 5),
}

/** How many bytes tell kind, length or number. */
function headOf(first: number): number {
  if (first < 240) return 2
  switch (first) {
    case 240:
    case 243:
      return 5
    case 241:
      return 3
    case 242:
      return 4
    case 244:
      return 9
    default:
      return damaged('A listpack has an element of an unknown kind')
  }
}

export function small(number: bigint): number | bigint {
  const near = Number(number)
  return Number.isSafeInteger(near) ? near : number
}
