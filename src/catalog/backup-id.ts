import { randomInt } from 'node:crypto'

const LABEL_BYTES = 80
/** Of the random part; without what is read as something else. */
export const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** `shop-20261123T084201Z-k3x9qd`: what, when (UTC, to the second), and six random characters against collisions. */
export function backupId(label: string, now: Date): string {
  const random = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return `${encodeLabel(label)}-${utcStamp(now)}-${random}`
}

/** `20261123T084201Z` */
export function utcStamp(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '')
}

/**
 * Any database name as part of a file name and an object key: percent-encoded UTF-8, at most 80 bytes, cut between
 * characters, never starting with a dot or a dash, never empty.
 */
export function encodeLabel(label: string): string {
  let encoded = ''
  for (const character of label.toWellFormed()) {
    const next = encodeURIComponent(character).replace(encoded === '' ? /[!'()*~.-]/ : /[!'()*~]/, percent)
    if (encoded.length + next.length > LABEL_BYTES) break
    encoded += next
  }
  return encoded || '%00'
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
