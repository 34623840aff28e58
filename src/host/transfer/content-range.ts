import type { OpenedObject } from '../../contract/transfer.ts'

/**
 * Whether an opened object is the bytes from `at` on, to before `end` or to its own end, as far as its server says which
 * bytes it sends (Content-Range, RFC 9110 §14.4).
 */
export function isAsked({ bytes, range }: OpenedObject, at: number, end: number | undefined): boolean {
  if (range === undefined) return true
  // A server that knows no ranges sends all of it.
  if (range === null) return at === 0 && (end === undefined || bytes <= end)
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? []
  if (Number(first) !== at || Number(last) + 1 - at !== bytes) return false
  const isLast = total === '*' ? end === undefined : Number(last) + 1 === Number(total)
  return isLast || Number(last) + 1 === end
}
