import { DbvaultError } from '../../errors/dbvault-error.ts'

/** The size of the strings in between: small enough to die young in the collector's nursery. Divisible by 4. */
const SLICE_CHARS = 64 * 1024

const ALPHABET = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'))
const SPACES = new Set(Buffer.from(' \t\r\n'))
const [PLUS, SLASH, EQUALS] = Buffer.from('+/=') as unknown as [number, number, number]

/**
 * Strict url-safe base64 (RFC 4648 §5) that comes in pieces: no foreign character, padding present and only at the end,
 * no stray bits, so that one content has exactly one text. White space is let pass after the end only, since editors and
 * other tools close a file with a newline.
 *
 * Speed comes from Node's own decoder, which is lenient: it skips what it does not know and takes the standard alphabet
 * too. The first shows in the number of bytes that it made, the second is looked for.
 */
export class Base64urlDecoder {
  readonly #group = Buffer.alloc(4)
  #grouped = 0
  #padding = 0
  #spaces = false

  /** The most bytes that `update` can write for a text of that length. */
  static capacity(chars: number): number {
    return Math.ceil((chars + 3) / 4) * 3
  }

  /**
   * Writes into `into` from `at` on, and returns how many bytes it wrote.
   *
   * @throws DbvaultError ARTIFACT_CORRUPT
   */
  update(text: Buffer, into: Buffer, at: number): number {
    let end = text.length
    while (end > 0 && !ALPHABET.has(text.readUInt8(end - 1))) end -= 1
    const written = end === 0 ? 0 : this.#body(text.subarray(0, end), into, at)
    if (end < text.length) this.#tail(text.subarray(end))
    return written
  }

  /**
   * Writes the last, padded group, and returns how many bytes it wrote.
   *
   * @throws DbvaultError ARTIFACT_CORRUPT
   */
  final(into: Buffer, at: number): number {
    if ((this.#grouped + this.#padding) % 4 !== 0 || this.#grouped === 1) throw cutShort()
    const text = this.#group.toString('latin1', 0, this.#grouped)
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.toString('base64url') !== text) throw notBase64()
    return bytes.copy(into, at)
  }

  #body(text: Buffer, into: Buffer, at: number): number {
    if (this.#padding > 0 || this.#spaces) throw notBase64()
    let from = 0
    let written = 0
    if (this.#grouped > 0) {
      from = text.copy(this.#group, this.#grouped)
      this.#grouped += from
      if (this.#grouped < 4) return 0
      written = decodeGroups(this.#group, into, at)
    }
    const end = text.length - ((text.length - from) % 4)
    for (; from < end; from += SLICE_CHARS) {
      written += decodeGroups(text.subarray(from, Math.min(from + SLICE_CHARS, end)), into, at + written)
    }
    this.#grouped = text.copy(this.#group, 0, end)
    return written
  }

  #tail(text: Buffer): void {
    for (const character of text) {
      if (SPACES.has(character)) this.#spaces = true
      else if (character === EQUALS && !this.#spaces && this.#padding < 2) this.#padding += 1
      else throw notBase64()
    }
  }
}

function decodeGroups(text: Buffer, into: Buffer, at: number): number {
  const bytes = (text.length / 4) * 3
  const written = into.write(text.toString('latin1'), at, bytes, 'base64url')
  if (written !== bytes || text.includes(PLUS) || text.includes(SLASH)) throw notBase64()
  return written
}

function notBase64(): DbvaultError {
  return new DbvaultError(
    'ARTIFACT_CORRUPT',
    'this is not a Fernet token, or a damaged one: it is not pure url-safe base64',
  )
}

function cutShort(): DbvaultError {
  return new DbvaultError('ARTIFACT_CORRUPT', 'the Fernet token is cut short: its base64 ends within a group')
}
