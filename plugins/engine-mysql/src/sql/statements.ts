import { judge } from './statement-head.ts'

const CODE = 0
const SINGLE = 1
const DOUBLE = 2
const BACK = 3
const LINE_COMMENT = 4
const BLOCK_COMMENT = 5

const [TAB, NEWLINE, SPACE, BANG, QUOTE, HASH, APOSTROPHE, STAR, DASH, SLASH, BACKSLASH, BACKTICK] = [
  9, 10, 32, 33, 34, 35, 39, 42, 45, 47, 92, 96,
]
const [ZERO, NINE, CAPITAL_M] = [48, 57, 77]

/** How much of a statement is looked at before any of it goes on. */
const HEAD = 2048
/** The most that has to be seen at once to know what a byte begins. */
const AHEAD = 16

/** The text is no whole dump. */
export class Broken extends Error {}

/** What is refused; the words are code, never a value of a row. */
export class Refused extends Error {
  readonly words: string

  constructor(words: string) {
    super(`A dump of one database holds no such statement: ${words}`)
    this.words = words
  }
}

export interface Totals {
  statements: number
  bytes: number
}

/**
 * Passes a dump on, statement by statement as the vendors' clients divide it, and ends with an error at the first one
 * that reaches out of the database. Nothing of a statement goes on before its beginning was judged, and none is ever
 * held in whole.
 * @throws Refused, Broken
 */
export async function* guarded(input: AsyncIterable<Uint8Array>, totals: Totals): AsyncGenerator<Uint8Array> {
  const scanner = new Scanner(totals)
  for await (const chunk of input) {
    totals.bytes += chunk.length
    yield* scanner.push(chunk)
  }
  yield* scanner.end()
}

class Scanner {
  readonly #totals: Totals
  #held: Buffer = Buffer.alloc(0)
  #mode = CODE
  #delimiter = ';'
  #escapes = true
  /** Whether the statement that the held bytes are in was judged already. */
  #judged = false

  constructor(totals: Totals) {
    this.#totals = totals
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    yield* this.#scan(this.#held.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#held, chunk]), false)
  }

  *end(): Generator<Uint8Array> {
    yield* this.#scan(this.#held, true)
    if (this.#judged || this.#mode === SINGLE || this.#mode === DOUBLE || this.#mode === BACK) {
      throw new Broken('it ends inside a statement')
    }
    if (this.#held.length > 0) throw new Broken('it ends inside a comment')
  }

  *#scan(text: Buffer, last: boolean): Generator<Uint8Array> {
    const limit = last ? text.length : text.length - AHEAD
    let from = 0 // What goes on begins here.
    let at = 0
    while (at < limit) {
      if (!this.#judged) {
        const begin = this.#skipBlank(text, at, limit)
        if (begin === undefined) break
        at = begin
        if (at >= limit) break
        const command = this.#command(text, at, last)
        if (command === 'more') break
        if (command !== undefined) {
          at = command
          continue
        }
        const statement = this.#lookAt(text, at, last)
        if (statement === undefined) break
        const verdict = judge(statement.head)
        if (verdict.kind === 'refuse') throw new Refused(verdict.words)
        if (verdict.kind === 'replace') {
          if (statement.end === undefined) throw new Refused('a database definition without an end')
          yield text.subarray(from, at)
          yield Buffer.from(verdict.by)
          from = statement.end
          at = statement.end + this.#delimiter.length
          continue
        }
        const mode = /^SET\s.*sql_mode\s*=/is.test(statement.head)
        if (mode) this.#escapes = !/NO_BACKSLASH_ESCAPES/i.test(text.toString('latin1', at, statement.end ?? at + HEAD))
        this.#totals.statements++
        this.#judged = true
      }
      const next = this.#toEnd(text, at, limit)
      if (next === at) break
      at = next
    }
    const keep = this.#judged ? Math.min(Math.max(at, from), text.length) : Math.min(at, text.length)
    if (keep > from) yield text.subarray(from, keep)
    this.#held = Buffer.from(text.subarray(keep))
  }

  /** Past blanks and whole comments that do not run. Undefined when a comment's end is not in sight yet. */
  #skipBlank(text: Buffer, start: number, limit: number): number | undefined {
    let at = start
    for (;;) {
      while (at < text.length && (text[at] === SPACE || ((text[at] as number) >= TAB && (text[at] as number) <= 13)))
        at++
      if (at >= limit) return at
      let end: number
      if (startsLineComment(text, at)) end = text.indexOf(NEWLINE, at) + 1
      else if (text[at] === SLASH && text[at + 1] === STAR && !isExecutable(text, at))
        end = text.indexOf('*/', at + 2) + 2
      else return at
      // The last line of a dump is a comment, and may have no end.
      if (end < 2 && text[at] !== SLASH && limit === text.length) return text.length
      if (end < 2) {
        if (text.length - at > 1024 * 1024) throw new Broken('a comment in it has no end')
        return undefined
      }
      at = end
    }
  }

  /** DELIMITER is a word for the client. Returns where its line ends. */
  #command(text: Buffer, at: number, last: boolean): number | 'more' | undefined {
    if (text[at] !== 68 && text[at] !== 100) return undefined
    if (!/^delimiter[ \t]/i.test(text.toString('latin1', at, at + 10))) return undefined
    const end = text.indexOf(NEWLINE, at)
    if (end < 0 && !last) return text.length - at > HEAD ? undefined : 'more'
    const delimiter = text.toString('latin1', at + 9, end < 0 ? text.length : end).trim()
    if (delimiter === '' || delimiter.length > 8 || /[\\'"`\s]/.test(delimiter)) throw new Refused('DELIMITER')
    this.#delimiter = delimiter
    return end < 0 ? text.length : end + 1
  }

  /** The beginning of the statement without comments; undefined when more has to be read to know it. */
  #lookAt(text: Buffer, start: number, last: boolean): { head: string; end?: number } | undefined {
    const limit = Math.min(text.length, start + HEAD)
    const parts: string[] = []
    let mode = CODE
    let code = start
    let at = start
    const take = (to: number): void => void parts.push(text.toString('utf8', code, to))
    while (at < limit) {
      const byte = text[at] as number
      if (mode !== CODE) {
        const next = this.#inside(mode, text, at)
        if (next.at === at) break // What the last byte means depends on the next one.
        if (next.mode === CODE && (mode === LINE_COMMENT || mode === BLOCK_COMMENT)) code = next.at
        mode = next.mode
        at = next.at
      } else if (byte === this.#delimiter.charCodeAt(0) && matches(text, at, this.#delimiter)) {
        take(at)
        return { head: parts.join(''), end: at }
      } else if (byte === STAR && text[at + 1] === SLASH) {
        take(at)
        parts.push(' ')
        code = at += 2
      } else if (byte === SLASH && text[at + 1] === STAR) {
        take(at)
        parts.push(' ')
        if (isExecutable(text, at)) code = at = behindVersion(text, at)
        else {
          mode = BLOCK_COMMENT
          at += 2
        }
      } else if (startsLineComment(text, at)) {
        take(at)
        parts.push(' ')
        mode = LINE_COMMENT
        at++
      } else {
        mode = opened(byte)
        at++
      }
    }
    if (limit === text.length && !last) return undefined
    if (mode !== LINE_COMMENT && mode !== BLOCK_COMMENT) take(limit)
    return { head: parts.join('') }
  }

  /** Goes on to the end of the statement or to `limit`. */
  #toEnd(text: Buffer, start: number, limit: number): number {
    const first = this.#delimiter.charCodeAt(0)
    let mode = this.#mode
    let at = start
    while (at < limit) {
      if (mode !== CODE) {
        const next = this.#inside(mode, text, at)
        if (next.at === at) break
        mode = next.mode
        at = next.at
        continue
      }
      const byte = text[at] as number
      if (byte === first && matches(text, at, this.#delimiter)) {
        this.#judged = false
        this.#mode = CODE
        return at + this.#delimiter.length
      }
      if (byte === SLASH && text[at + 1] === STAR && !isExecutable(text, at)) {
        mode = BLOCK_COMMENT
        at += 2
      } else if ((byte === DASH || byte === HASH) && startsLineComment(text, at)) {
        mode = LINE_COMMENT
        at++
      } else {
        mode = opened(byte)
        at++
      }
    }
    this.#mode = mode
    return at
  }

  /** One step inside a text, a name or a comment: as far as nothing ends it. */
  #inside(mode: number, text: Buffer, start: number): { mode: number; at: number } {
    const { length } = text
    let at = start
    if (mode === LINE_COMMENT || mode === BLOCK_COMMENT) {
      for (; at < length; at++) {
        if (mode === LINE_COMMENT ? text[at] === NEWLINE : text[at] === STAR && text[at + 1] === SLASH) {
          return { mode: CODE, at: at + (mode === LINE_COMMENT ? 1 : 2) }
        }
      }
      return { mode, at: mode === BLOCK_COMMENT && text[length - 1] === STAR ? length - 1 : length }
    }
    const quote = mode === SINGLE ? APOSTROPHE : mode === DOUBLE ? QUOTE : BACKTICK
    const escapes = this.#escapes && mode !== BACK
    for (; at < length; at++) {
      const byte = text[at]
      if (byte === quote) return { mode: CODE, at: at + 1 }
      if (byte === BACKSLASH && escapes) {
        if (at + 1 >= length) return { mode, at }
        at++
      }
    }
    return { mode, at }
  }
}

function opened(byte: number): number {
  if (byte === APOSTROPHE) return SINGLE
  if (byte === QUOTE) return DOUBLE
  return byte === BACKTICK ? BACK : CODE
}

function startsLineComment(text: Buffer, at: number): boolean {
  if (text[at] === HASH) return true
  if (text[at] !== DASH || text[at + 1] !== DASH) return false
  const next = text[at + 2]
  return next === undefined || next <= SPACE
}

/** Comments that servers run, from a version on: the slash and star of `!50003` and of `M!100100`. */
function isExecutable(text: Buffer, at: number): boolean {
  return text[at + 2] === BANG || (text[at + 2] === CAPITAL_M && text[at + 3] === BANG)
}

function behindVersion(text: Buffer, start: number): number {
  let at = start + (text[start + 2] === BANG ? 3 : 4)
  while ((text[at] ?? 0) >= ZERO && (text[at] ?? 0) <= NINE) at++
  return at
}

function matches(text: Buffer, at: number, delimiter: string): boolean {
  if (delimiter.length === 1) return true
  return text.toString('latin1', at, at + delimiter.length) === delimiter
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
}
