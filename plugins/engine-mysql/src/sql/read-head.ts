import {
  behindVersion,
  BLOCK_COMMENT,
  CODE,
  inside,
  isExecutable,
  LINE_COMMENT,
  opened,
  startsBlockComment,
  startsLineComment,
  startsWith,
} from './lexis.ts'

/** How much of a statement is looked at before any of it goes on. */
export const HEAD = 2048

const [STAR, SLASH] = [42, 47]

export interface Reading {
  /** Whether nothing comes behind the text. */
  readonly last: boolean
  readonly delimiter: string
  /** Whether a backslash in a text makes the next byte a letter. */
  readonly escapes: boolean
}

export interface Head {
  readonly head: string
  /** Where the statement's delimiter is, if that is in sight. */
  readonly end?: number
}

/**
 * The beginning of a statement without comments, and with what stands in those that servers run. Undefined when more has
 * to be read to know it.
 */
export function readHead(text: Buffer, start: number, { last, delimiter, escapes }: Reading): Head | undefined {
  const limit = Math.min(text.length, start + HEAD)
  const parts: string[] = []
  let mode = CODE
  let code = start
  let at = start
  const take = (to: number): void => void parts.push(text.toString('utf8', code, to))
  while (at < limit) {
    const byte = text[at] as number
    if (mode !== CODE) {
      const next = inside(mode, text, at, escapes)
      if (next.at === at) break // What the last byte means depends on the next one.
      if (next.mode === CODE && (mode === LINE_COMMENT || mode === BLOCK_COMMENT)) code = next.at
      mode = next.mode
      at = next.at
    } else if (startsWith(text, at, delimiter)) {
      take(at)
      return { head: parts.join(''), end: at }
    } else if (byte === STAR && text[at + 1] === SLASH) {
      take(at)
      parts.push(' ')
      code = at += 2
    } else if (startsBlockComment(text, at)) {
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
