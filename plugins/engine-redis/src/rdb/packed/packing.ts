import type { Window } from '../window.ts'
import type { Entry } from './entry.ts'

/** One of the ways in which small values are packed into one text. Reads element by element. */
export interface Packing {
  /** How many bytes come before the first element. */
  readonly header: number
  /** Looks at the header; returns how many elements there are where only that tells the end. */
  begin?(bytes: Buffer, at: number): number
  /**
   * Reads one element into `entry`, or finds the end. `MORE`: more has to come, and either nothing was read or `entry` is
   * coming; then the element is complete with it.
   * @param place of the element, from 0
   */
  next(window: Window, entry: Entry, place: number): typeof MORE | typeof READ | typeof END
  /** How many bytes follow an element that has no other use, given how many the element had. */
  behind(size: number): number
}

export const MORE = 0
export const READ = 1
export const END = 2
