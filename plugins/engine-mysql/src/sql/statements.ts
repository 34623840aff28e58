import {
  BLOCK_COMMENT,
  CODE,
  inside,
  isExecutable,
  LINE_COMMENT,
  opened,
  pastPlain,
  startsBlockComment,
  startsLineComment,
  startsWith,
} from './lexis.ts'
import { name } from '../server/quote.ts'
import { eventStatus } from './event-status.ts'
import { HEAD, readHead } from './read-head.ts'
import { unqualified, unqualifiedTrigger } from './unqualified.ts'
import { judge, makesEvent, makesTrigger, namesItsDatabase } from './statement-head.ts'

const [TAB, NEWLINE, RETURN, SPACE, SLASH] = [9, 10, 13, 32, 47]

/** The most that has to be seen at once to know what a byte begins. */
const AHEAD = 16

/** Of a definition of a view or table; servers take less. */
const LONGEST = 4 * 1024 * 1024

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

/** A statement is longer than the server takes. */
export class TooLong extends Error {}

export interface Totals {
  statements: number
  bytes: number
}

export interface GuardOptions {
  /** How many bytes a statement may have. */
  readonly longest?: number
  /** Given, every event is made disabled, and its name and the status that it has in the dump are put here. */
  readonly disabled?: Map<string, string>
  /** The database that was dumped: all is to be made in one of another name. */
  readonly database?: string
}

/**
 * Passes a dump on, statement by statement as the vendors' clients divide it, and ends with an error at the first one
 * that reaches out of the database. Nothing of a statement goes on before its beginning was judged, and none is ever
 * held in whole.
 * @throws Refused, Broken, TooLong
 */
export async function* guarded(
  input: AsyncIterable<Uint8Array>,
  totals: Totals,
  options: GuardOptions = {},
): AsyncGenerator<Uint8Array> {
  const scanner = new Scanner(totals, options)
  for await (const chunk of input) {
    totals.bytes += chunk.length
    yield* scanner.push(chunk)
  }
  yield* scanner.end()
}

class Scanner {
  readonly #totals: Totals
  readonly #longest: number
  readonly #disabled: Map<string, string> | undefined
  /** Its bytes, as they stand between backquotes. */
  readonly #database: string | undefined
  #held: Buffer = Buffer.alloc(0)
  #mode = CODE
  #delimiter = ';'
  #escapes = true
  /** Whether the statement that the held bytes are in was judged already. */
  #judged = false
  /** Of that statement, as far as it was read. */
  #length = 0

  constructor(totals: Totals, { longest = Infinity, disabled, database }: GuardOptions) {
    this.#database = database && Buffer.from(name(database).slice(1, -1)).toString('latin1')
    this.#totals = totals
    this.#longest = longest
    this.#disabled = disabled
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    yield* this.#scan(this.#held.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#held, chunk]), false)
  }

  *end(): Generator<Uint8Array> {
    yield* this.#scan(this.#held, true)
    if (this.#judged) {
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
        const statement = readHead(text, at, { last, delimiter: this.#delimiter, escapes: this.#escapes })
        if (statement === undefined) break
        const trigger = makesTrigger(statement.head)
          ? this.#trigger(text.subarray(at, statement.end ?? at + HEAD))
          : undefined
        const verdict = judge(trigger?.judged ?? statement.head)
        if (verdict.kind === 'refuse') throw new Refused(verdict.words)
        if (verdict.kind === 'replace') {
          if (statement.end === undefined) throw new Refused('a database definition without an end')
          yield text.subarray(from, at)
          yield Buffer.from(verdict.by)
          from = statement.end
          at = statement.end + this.#delimiter.length
          continue
        }
        if (this.#disabled && makesEvent(statement.head)) {
          const found = eventStatus(text.toString('latin1', at, statement.end ?? at + HEAD))
          if (found === undefined) throw new Refused('CREATE EVENT')
          this.#disabled.set(Buffer.from(found.name, 'latin1').toString('utf8'), found.status)
          yield text.subarray(from, at + found.start)
          yield Buffer.from('DISABLE')
          from = at += found.end
        }
        if (this.#database && namesItsDatabase(statement.head)) {
          const end = this.#endOf(text, at, limit)
          if (end === undefined) break
          yield text.subarray(from, at)
          yield Buffer.from(unqualified(text.toString('latin1', at, end), this.#database), 'latin1')
          this.#totals.statements++
          from = at = end
          continue
        }
        if (trigger) {
          yield text.subarray(from, at)
          yield trigger.head
          from = at += trigger.end
        }
        const mode = /^SET\s.*sql_mode\s*=/is.test(statement.head)
        if (mode) this.#escapes = !/NO_BACKSLASH_ESCAPES/i.test(text.toString('latin1', at, statement.end ?? at + HEAD))
        this.#totals.statements++
        this.#judged = true
        this.#length = 0
      }
      const next = this.#toEnd(text, at, limit)
      if (next === at) break
      this.#length += next - at
      if (this.#length > this.#longest) throw new TooLong()
      at = next
    }
    const keep = this.#judged ? Math.min(Math.max(at, from), text.length) : Math.min(at, text.length)
    if (keep > from) yield text.subarray(from, keep)
    this.#held = Buffer.from(text.subarray(keep))
  }

  /** How a trigger begins without the database that was dumped, where in `text` that ends, and the words to judge then. */
  #trigger(text: Buffer): { readonly head: Buffer; readonly end: number; readonly judged: string } | undefined {
    if (this.#database === undefined) return undefined
    const { head, end } = unqualifiedTrigger(text.toString('latin1'), this.#database)
    const bytes = Buffer.from(head, 'latin1')
    const reading = { last: true, delimiter: this.#delimiter, escapes: this.#escapes }
    const read = readHead(Buffer.concat([bytes, text.subarray(end)]), 0, reading)
    return read && { head: bytes, end, judged: read.head }
  }

  /** Past blanks and whole comments that do not run. Undefined when a comment's end is not in sight yet. */
  #skipBlank(text: Buffer, start: number, limit: number): number | undefined {
    let at = start
    for (;;) {
      while (
        at < text.length &&
        (text[at] === SPACE || ((text[at] as number) >= TAB && (text[at] as number) <= RETURN))
      )
        at++
      if (at >= limit) return at
      let end: number
      if (startsLineComment(text, at)) end = text.indexOf(NEWLINE, at) + 1
      else if (startsBlockComment(text, at) && !isExecutable(text, at)) end = text.indexOf('*/', at + 2) + 2
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

  /** Behind the whole statement; undefined when that is not in sight yet. */
  #endOf(text: Buffer, start: number, limit: number): number | undefined {
    this.#judged = true
    const end = this.#toEnd(text, start, limit)
    const ended = !this.#judged
    this.#judged = false
    this.#mode = CODE
    if (ended) return end
    if (text.length - start > LONGEST) throw new Broken('a definition in it has no end')
    return undefined
  }

  /** Goes on to the end of the statement or to `limit`. */
  #toEnd(text: Buffer, start: number, limit: number): number {
    let mode = this.#mode
    let at = start
    while (at < limit) {
      if (mode !== CODE) {
        const next = inside(mode, text, at, this.#escapes)
        if (next.at === at) break
        mode = next.mode
        at = next.at
        continue
      }
      at = pastPlain(text, at, limit, this.#delimiter)
      if (at >= limit) break
      if (startsWith(text, at, this.#delimiter)) {
        this.#judged = false
        this.#mode = CODE
        return at + this.#delimiter.length
      }
      if (startsBlockComment(text, at) && !isExecutable(text, at)) {
        mode = BLOCK_COMMENT
        at += 2
      } else if (startsLineComment(text, at)) {
        mode = LINE_COMMENT
        at++
      } else {
        mode = opened(text[at] as number)
        at++
      }
    }
    this.#mode = mode
    return at
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
}
