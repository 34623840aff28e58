/** What a byte of a dump is part of: code, a text in one of three quotes, or one of two comments. */
export const CODE = 0
const SINGLE = 1
const DOUBLE = 2
const BACK = 3
export const LINE_COMMENT = 4
export const BLOCK_COMMENT = 5

const [NEWLINE, SPACE, BANG, QUOTE, HASH, APOSTROPHE, STAR, DASH, SLASH, BACKSLASH, BACKTICK] = [
  10, 32, 33, 34, 35, 39, 42, 45, 47, 92, 96,
]
const [ZERO, NINE, CAPITAL_M] = [48, 57, 77]

export interface Place {
  readonly mode: number
  readonly at: number
}

/**
 * One step inside a text, a name or a comment: as far as nothing ends it. It does not move where the meaning of the last
 * byte depends on the next one.
 * @param escapes whether a backslash in a text makes the next byte a letter
 */
export function inside(mode: number, text: Buffer, start: number, escapes: boolean): Place {
  return mode === LINE_COMMENT || mode === BLOCK_COMMENT
    ? insideComment(mode, text, start)
    : insideQuotes(mode, text, start, escapes && mode !== BACK)
}

function insideComment(mode: number, text: Buffer, start: number): Place {
  const end = mode === LINE_COMMENT ? text.indexOf(NEWLINE, start) : text.indexOf('*/', start)
  if (end >= 0) return { mode: CODE, at: end + (mode === LINE_COMMENT ? 1 : 2) }
  const open = mode === BLOCK_COMMENT && text.at(-1) === STAR && start < text.length
  return { mode, at: open ? text.length - 1 : text.length }
}

function insideQuotes(mode: number, text: Buffer, start: number, escapes: boolean): Place {
  const quote = mode === SINGLE ? APOSTROPHE : mode === DOUBLE ? QUOTE : BACKTICK
  const { length } = text
  let at = start
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

const BEGINNINGS = Uint8Array.from({ length: 256 }, (_, byte) =>
  [QUOTE, HASH, APOSTROPHE, DASH, SLASH, BACKTICK].includes(byte) ? 1 : 0,
)

/** Past code that begins nothing; most of a dump is such. */
export function pastPlain(text: Buffer, start: number, limit: number, delimiter: string): number {
  const first = delimiter.charCodeAt(0)
  let at = start
  while (at < limit && text[at] !== first && BEGINNINGS[text[at] as number] === 0) at++
  return at
}

/** What a byte of code begins. */
export function opened(byte: number): number {
  if (byte === APOSTROPHE) return SINGLE
  if (byte === QUOTE) return DOUBLE
  return byte === BACKTICK ? BACK : CODE
}

export function startsLineComment(text: Buffer, at: number): boolean {
  if (text[at] === HASH) return true
  if (text[at] !== DASH || text[at + 1] !== DASH) return false
  const next = text[at + 2]
  return next === undefined || next <= SPACE
}

export function startsBlockComment(text: Buffer, at: number): boolean {
  return text[at] === SLASH && text[at + 1] === STAR
}

/** Of a block comment: whether servers run it, from a version on: the slash and star of `!50003` and of `M!100100`. */
export function isExecutable(text: Buffer, at: number): boolean {
  return text[at + 2] === BANG || (text[at + 2] === CAPITAL_M && text[at + 3] === BANG)
}

/** Past the beginning of a comment that servers run. */
export function behindVersion(text: Buffer, start: number): number {
  let at = start + (text[start + 2] === BANG ? 3 : 4)
  while ((text[at] ?? 0) >= ZERO && (text[at] ?? 0) <= NINE) at++
  return at
}

export function startsWith(text: Buffer, at: number, delimiter: string): boolean {
  if (text[at] !== delimiter.charCodeAt(0)) return false
  return delimiter.length === 1 || text.toString('latin1', at, at + delimiter.length) === delimiter
}
