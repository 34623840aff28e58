import { SqlError } from './sql-error.ts'

/** What a line is in the middle of when it begins. */
type State = 'outside' | 'text' | 'escaped-text' | 'identifier' | 'dollar' | 'comment'

const [QUOTE, DOUBLE, DOLLAR, DASH, SLASH, STAR, BACKSLASH, SEMICOLON, OPEN, CLOSE] = [
  0x27, 0x22, 0x24, 0x2d, 0x2f, 0x2a, 0x5c, 0x3b, 0x28, 0x29,
] as const
const TAG = /^\$(?:[A-Za-z_\u0080-\u00ff][A-Za-z0-9_\u0080-\u00ff]*)?\$/
const LONGEST_TAG = 130
/** A statement of pg_dump is a definition, or a piece of a large object; a longer one means that a quote is damaged. */
const LONGEST = 256 * 1024 * 1024
const ROUTINE = /^create(?: or replace)? (?:function|procedure)\b/

/**
 * Finds where statements end, in the bytes of any encoding that a server can have: those of ASCII mean themselves in
 * all of them. Takes whole lines. The rules are those of psql (src/fe_utils/psqlscan.l of PostgreSQL).
 */
export class StatementLexer {
  /** Whether `'` texts know no backslash, as `SET standard_conforming_strings` says. */
  standardStrings = true
  readonly #ended: (statement: Buffer) => void
  readonly #comment: (line: string) => void
  #state: State = 'outside'
  #tag = ''
  /** Of comments within each other. */
  #depth = 0
  #parentheses = 0
  /** Of BEGIN ATOMIC and CASE in the body of a routine, where a semicolon does not end the statement. */
  #blocks = 0
  /** The first words of the statement, by which a routine is known. */
  #words = ''
  #lastWord = ''
  #parts: Buffer[] = []
  #length = 0

  constructor(ended: (statement: Buffer) => void, comment: (line: string) => void) {
    this.#ended = ended
    this.#comment = comment
  }

  /** Whether it stands between two statements. */
  get between(): boolean {
    return this.#state === 'outside' && this.#parts.length === 0
  }

  /** @throws SqlError */
  push(line: Buffer): void {
    let start = this.between ? firstOf(line) : 0
    let at = start
    while (at < line.length) {
      if (this.#state !== 'outside') at = this.#within(line, at)
      else {
        const byte = line[at]
        const wordEnd = byte === undefined ? at : endOfWord(line, at)
        if (wordEnd > at) {
          this.#word(line.toString('latin1', at, wordEnd).toLowerCase())
          at = wordEnd
        } else if (byte === SEMICOLON && this.#parentheses === 0 && this.#blocks === 0) {
          this.#end(line.subarray(start, at + 1))
          start = at = firstOf(line, at + 1)
        } else if (byte === DASH && line[at + 1] === DASH) {
          if (this.#parts.length === 0 && start === at) {
            this.#comment(line.toString('latin1', at, line.length - 1))
            return
          }
          at = line.length
        } else at = this.#open(line, at, byte)
      }
    }
    if (start < line.length) this.#keep(line.subarray(start))
  }

  /** A character outside of everything that begins something; returns where to read on. */
  #open(line: Buffer, at: number, byte = 0): number {
    switch (byte) {
      case BACKSLASH:
        throw new SqlError(`it holds a command for psql, ${commandIn(line, at)}, which is never run`)
      case QUOTE: {
        const escapes = !this.standardStrings || (isE(line[at - 1]) && !isWordByte(line[at - 2]))
        this.#state = escapes ? 'escaped-text' : 'text'
        return at + 1
      }
      case DOUBLE:
        this.#state = 'identifier'
        return at + 1
      case DOLLAR: {
        const tag = TAG.exec(line.toString('latin1', at, at + LONGEST_TAG))?.[0]
        if (tag === undefined) return at + 1
        this.#state = 'dollar'
        this.#tag = tag
        return at + tag.length
      }
      case SLASH:
        if (line[at + 1] !== STAR) return at + 1
        this.#state = 'comment'
        this.#depth = 1
        return at + 2
      case OPEN:
        this.#parentheses++
        return at + 1
      case CLOSE:
        this.#parentheses = Math.max(0, this.#parentheses - 1)
        return at + 1
      default:
        return at + 1
    }
  }

  /** Where what the line is in the middle of ends, or the end of the line. */
  #within(line: Buffer, from: number): number {
    if (this.#state === 'comment') return this.#withinComment(line, from)
    if (this.#state === 'escaped-text') return this.#withinEscapedText(line, from)
    const mark = this.#state === 'text' ? "'" : this.#state === 'identifier' ? '"' : this.#tag
    // A doubled quote ends one text and begins the next, which comes to the same.
    const end = line.indexOf(mark, from, 'latin1')
    if (end < 0) return line.length
    this.#state = 'outside'
    return end + mark.length
  }

  #withinComment(line: Buffer, from: number): number {
    for (let at = from; at < line.length; at++) {
      const [byte, next] = [line[at], line[at + 1]]
      if (byte === SLASH && next === STAR) {
        this.#depth++
        at++
      } else if (byte === STAR && next === SLASH && --this.#depth === 0) {
        this.#state = 'outside'
        return at + 2
      }
    }
    return line.length
  }

  #withinEscapedText(line: Buffer, from: number): number {
    for (let at = from; at < line.length; at++) {
      if (line[at] === BACKSLASH) at++
      else if (line[at] === QUOTE) {
        this.#state = line[at + 1] === QUOTE ? this.#state : 'outside'
        if (this.#state === 'outside') return at + 1
        at++
      }
    }
    return line.length
  }

  #word(word: string): void {
    if (this.#parentheses > 0) return
    if (this.#words.length < 40) this.#words += `${this.#words === '' ? '' : ' '}${word}`
    if (!ROUTINE.test(this.#words)) return
    // The name of a routine may be `begin`.
    if (word === 'atomic' && this.#lastWord === 'begin') this.#blocks++
    else if (word === 'case' && this.#blocks > 0) this.#blocks++
    else if (word === 'end' && this.#blocks > 0) this.#blocks--
    this.#lastWord = word
  }

  #keep(part: Buffer): void {
    this.#length += part.length
    if (this.#length > LONGEST) throw new SqlError('a statement in it is too long to be true')
    this.#parts.push(part)
  }

  #end(last: Buffer): void {
    this.#keep(last)
    const statement = Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    this.#words = ''
    this.#ended(statement)
  }
}

function firstOf(line: Buffer, from = 0): number {
  let at = from
  while (at < line.length && (line[at] ?? 0) <= 32) at++
  return at
}

function endOfWord(line: Buffer, from: number): number {
  // One in the middle of a word belongs to it.
  if (line[from] === DOLLAR) return from
  let at = from
  while (isWordByte(line[at])) at++
  return at
}

function isE(byte: number | undefined): boolean {
  return byte === 69 || byte === 101
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    (byte >= 48 && byte <= 57) ||
    byte === 95 ||
    byte === DOLLAR ||
    byte >= 128
  )
}

function commandIn(line: Buffer, at: number): string {
  return JSON.stringify(/^\\\S{0,20}/.exec(line.toString('latin1', at, at + 30))?.[0] ?? '\\')
}
