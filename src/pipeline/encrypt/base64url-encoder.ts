/** The size of the strings in between: small enough to die young in the collector's nursery. Divisible by 3. */
const SLICE_BYTES = 48 * 1024

/**
 * Url-safe base64 with padding (RFC 4648 §5) of bytes that come in pieces. Only whole groups of three leave `update`, so
 * the pieces of text join without a seam.
 */
export class Base64urlEncoder {
  #carry: Buffer

  /** @param head bytes to stand before everything else */
  constructor(head: Buffer) {
    this.#carry = head
  }

  update(bytes: Buffer): Buffer {
    const missing = (3 - (this.#carry.length % 3)) % 3
    if (bytes.length < missing) {
      this.#carry = Buffer.concat([this.#carry, bytes])
      return Buffer.alloc(0)
    }
    const first = Buffer.concat([this.#carry, bytes.subarray(0, missing)])
    const end = bytes.length - ((bytes.length - missing) % 3)
    const text = Buffer.allocUnsafe(((first.length + end - missing) / 3) * 4)
    let at = text.write(first.toString('base64url'), 'latin1')
    for (let from = missing; from < end; from += SLICE_BYTES) {
      at += text.write(bytes.toString('base64url', from, Math.min(from + SLICE_BYTES, end)), at, 'latin1')
    }
    this.#carry = Buffer.from(bytes.subarray(end))
    return text
  }

  final(): Buffer {
    const text = this.#carry.toString('base64url')
    return Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4, '='), 'latin1')
  }
}
