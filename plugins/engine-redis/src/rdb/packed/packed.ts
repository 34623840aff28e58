import { damaged } from '../rdb-error.ts'
import type { Parts } from '../parts.ts'
import { WHOLE, type TextReader } from '../text.ts'
import { Window, type Waiting } from '../window.ts'
import { Entry } from './entry.ts'
import { END, MORE, type Packing } from './packing.ts'

const CUT = 'A packed value ends before its end'
const LONGER = 'A packed value goes on after its end'

/** Reads packed values, whole ones where they lie and large ones as they pass by. */
export class PackedReader {
  readonly entry = new Entry()
  readonly #texts: TextReader
  readonly #view = new Window(0)
  readonly #progress = new Progress(this.entry)
  readonly #parts = new PackedParts(this.#progress)

  constructor(texts: TextReader) {
    this.#texts = texts
  }

  /** Calls `each` for every element, which is in `entry` until it returns. */
  *read(packing: Packing, each: () => void): Waiting<void> {
    if (this.quick(packing, each)) return
    this.#progress.begin(packing, each)
    if (yield* this.#texts.text(this.#parts)) this.#whole(packing, each)
  }

  /** The same for a value that is there as a whole; otherwise false, and nothing was read. */
  quick(packing: Packing, each: () => void): boolean {
    if (!this.#texts.quick()) return false
    this.#whole(packing, each)
    return true
  }

  #whole(packing: Packing, each: () => void): void {
    const view = this.#view
    view.bytes = this.#texts.bytes
    view.at = this.#texts.start
    view.end = this.#texts.end
    this.#progress.begin(packing, each)
    if (!this.#progress.run(view)) damaged(CUT)
    if (view.at !== view.end) damaged(LONGER)
  }
}

/** How far the reading of one packed value has got. */
class Progress {
  readonly #entry: Entry
  #packing: Packing | undefined
  #each: () => void = () => {}
  #place = -1
  /** Where the element that is coming began. */
  #from = 0
  /** How many bytes have to be left out before the next element. */
  #behind = 0

  constructor(entry: Entry) {
    this.#entry = entry
  }

  begin(packing: Packing, each: () => void): void {
    this.#packing = packing
    this.#each = each
    this.#place = -1
    this.#behind = 0
  }

  /** Reads as far as it can. True at the end. */
  run(window: Window): boolean {
    const packing = this.#packing
    if (packing === undefined) return false
    const entry = this.#entry
    if (this.#place < 0) {
      if (window.end - window.at < packing.header) return false
      packing.begin?.(window.bytes, window.at)
      window.at += packing.header
      this.#place = 0
    }
    for (;;) {
      if (this.#behind > 0) {
        if (window.end - window.at < this.#behind) return false
        window.at += this.#behind
        this.#behind = 0
      }
      if (entry.isComing) {
        if (!entry.goOn(window)) return false
      } else {
        this.#from = window.position
        const found = packing.next(window, entry, this.#place)
        if (found === MORE) return false
        if (found === END) return true
      }
      this.#place++
      this.#each()
      this.#behind = packing.behind(window.position - this.#from)
    }
  }
}

class PackedParts implements Parts {
  readonly #progress: Progress
  #window: Window | undefined
  #ended = false

  constructor(progress: Progress) {
    this.#progress = progress
  }

  begin(): void {
    this.#window = new Window(WHOLE + WHOLE / 2)
    this.#ended = false
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    const window = this.#window
    if (window === undefined) return
    for (let at = start; at < end;) {
      if (this.#ended) damaged(LONGER)
      const size = Math.min(end - at, window.room)
      window.push(bytes, at, at + size)
      at += size
      this.#ended = this.#progress.run(window)
    }
  }

  finish(): void {
    if (!this.#ended) damaged(CUT)
    if (this.#window && this.#window.at !== this.#window.end) damaged(LONGER)
    this.#window = undefined
  }
}
