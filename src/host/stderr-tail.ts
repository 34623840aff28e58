import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import type { Secret } from '../contract/host.ts'
import { redact, spellings } from './redact.ts'

const LIMIT = 8192

// Control characters but tab and newline, and the ones that reorder text, could make an error message show what it is not.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Reads a program's stderr to its end and keeps the last 8 KiB. The function returned gives them as plain text without
 * secrets; a secret that stands across the place of the cut does not show its second half either.
 */
export function keepTail(stderr: Readable, secrets: readonly Secret[]): () => string {
  const longest = Math.max(0, ...spellings(secrets).map((spelling) => Buffer.byteLength(spelling)))
  const keep = LIMIT + longest
  let tail: Buffer = Buffer.alloc(0)
  let cut = false
  stderr.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([tail, chunk.subarray(-keep)])
    cut ||= all.length > keep || chunk.length > keep
    tail = all.subarray(-keep)
  })
  return () => {
    const clean = redact(tail.toString('utf8'), secrets)
    const text = cut ? clean.slice(longest) : clean
    return stripVTControlCharacters(text).replace(UNPRINTABLE, '').trim()
  }
}
