import { damaged } from '../rdb-error.ts'
import type { Window } from '../window.ts'
import type { Entry } from './entry.ts'
import { small } from './listpack.ts'
import { END, MORE, READ, type Packing } from './packing.ts'

/** A set of whole numbers, all of one width. */
export function intset(): Packing {
  let width = 0
  let length = 0
  return {
    header: 8,
    begin(bytes, at) {
      width = bytes.readUInt32LE(at)
      length = bytes.readUInt32LE(at + 4)
      if (width !== 2 && width !== 4 && width !== 8) damaged('A set of numbers has numbers of an unknown width')
      return length
    },
    next(window: Window, entry: Entry, place: number) {
      if (place === length) return END
      if (window.end - window.at < width) return MORE
      const { bytes, at } = window
      entry.set(
        width === 2 ? bytes.readInt16LE(at) : width === 4 ? bytes.readInt32LE(at) : small(bytes.readBigInt64LE(at)),
      )
      window.at = at + width
      return READ
    },
    behind: () => 0,
  }
}
