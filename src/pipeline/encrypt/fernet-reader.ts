import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import type { Bytes, Stage } from '../bytes.ts'
import { Base64urlDecoder } from './base64url-decoder.ts'
import { BLOCK_BYTES, CIPHER, HEADER_BYTES, IV_OFFSET, LEAST_BYTES, MAC_BYTES, VERSION } from './fernet-format.ts'
import type { FernetKey } from './fernet-key.ts'
import { slices } from './slices.ts'

/** How much text is read in one call: it bounds the buffers and fits a processor's cache. */
const SLICE_CHARS = 256 * 1024

/**
 * The plaintext of a token, of which not one byte is released before the MAC over the whole token is verified. Fernet has
 * a single MAC at its very end, so the bytes are read twice: `open` is called two times and must give the same bytes.
 *
 * @throws DbvaultError KEY_WRONG or ARTIFACT_CORRUPT, before the first byte; after it only if the bytes changed meanwhile
 */
export async function* openFernet(key: FernetKey, open: () => Bytes): Bytes {
  await authenticateFernet(key, open())
  yield* decryptFernet(key)(open())
}

/**
 * Reads a token to its end and vouches for it.
 *
 * @throws DbvaultError ARTIFACT_CORRUPT when it is empty, cut short or no Fernet token at all; KEY_WRONG when the MAC does
 *   not fit, be it that the key is another's or that the bytes were changed: the format cannot tell which
 */
export async function authenticateFernet(key: FernetKey, source: Bytes): Promise<{ plaintextBytes: number }> {
  let plaintextBytes = 0
  for await (const plaintext of decryptFernet(key)(source)) plaintextBytes += plaintext.length
  return { plaintextBytes }
}

/**
 * Decrypts in one pass. **What it yields is provisional until it ends without an error**, because the MAC stands at the
 * end: use it after `authenticateFernet` on the same bytes, or into scratch that is dropped on an error.
 *
 * It throws as `authenticateFernet` does. The time in the token is not looked at: a backup does not expire.
 */
export function decryptFernet(key: FernetKey): Stage {
  return async function* (source) {
    const token = new FernetReader(key)
    for await (const chunk of source) {
      for (const slice of slices(chunk, SLICE_CHARS)) {
        const plaintext = token.update(slice)
        if (plaintext.length > 0) yield plaintext
      }
    }
    const last = token.final()
    if (last.length > 0) yield last
  }
}

/** Reads one token piece by piece, after the manner of `node:crypto`. What `update` returns counts only once `final` did. */
export class FernetReader {
  readonly #key: FernetKey
  readonly #mac
  readonly #text = new Base64urlDecoder()
  #decipher: ReturnType<typeof createDecipheriv> | undefined
  /** Bytes of the token that wait: until the header is whole, and later the last 32, since they may be the MAC. */
  #held = 0
  #buffer = Buffer.allocUnsafe(LEAST_BYTES)
  #bytes = 0

  constructor(key: FernetKey) {
    this.#key = key
    this.#mac = createHmac('sha256', key.signingKey)
  }

  update(text: Uint8Array): Buffer {
    this.#reserve(Base64urlDecoder.capacity(text.length))
    const view = Buffer.from(text.buffer, text.byteOffset, text.length)
    return this.#take(this.#text.update(view, this.#buffer, this.#held))
  }

  final(): Buffer {
    this.#reserve(Base64urlDecoder.capacity(0))
    const last = this.#take(this.#text.final(this.#buffer, this.#held))
    if (this.#bytes === 0) throw corrupt('the file is empty, so it is no Fernet token')
    if (this.#bytes < LEAST_BYTES || !this.#decipher) throw corrupt('the Fernet token is cut short')
    if ((this.#bytes - LEAST_BYTES) % BLOCK_BYTES !== 0) {
      throw corrupt('the Fernet token is damaged: its ciphertext is not made of whole blocks')
    }
    if (!timingSafeEqual(this.#mac.digest(), this.#buffer.subarray(0, MAC_BYTES))) throw wrongKey()
    return Buffer.concat([last, unpad(this.#decipher)])
  }

  #take(bytes: number): Buffer {
    if (this.#bytes === 0 && bytes > 0 && this.#buffer[0] !== VERSION) {
      throw corrupt('this is not a Fernet token: its first byte is another')
    }
    this.#bytes += bytes
    this.#held += bytes
    let from = 0
    if (!this.#decipher) {
      if (this.#held < HEADER_BYTES + MAC_BYTES) return Buffer.alloc(0)
      const header = this.#buffer.subarray(0, HEADER_BYTES)
      this.#mac.update(header)
      this.#decipher = createDecipheriv(CIPHER, this.#key.encryptionKey, header.subarray(IV_OFFSET))
      from = HEADER_BYTES
    }
    const end = Math.max(from, this.#held - MAC_BYTES)
    const ciphertext = this.#buffer.subarray(from, end)
    this.#mac.update(ciphertext)
    const plaintext = this.#decipher.update(ciphertext)
    this.#buffer.copyWithin(0, end, this.#held)
    this.#held -= end
    return plaintext
  }

  #reserve(bytes: number): void {
    if (this.#held + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(this.#held + bytes)
    this.#buffer.copy(larger, 0, 0, this.#held)
    this.#buffer = larger
  }
}

/** Only a key's owner can make a token whose MAC fits and whose padding does not, so it is damage and no oracle. */
function unpad(decipher: ReturnType<typeof createDecipheriv>): Buffer {
  try {
    return decipher.final()
  } catch (cause) {
    throw corrupt('the Fernet token was made wrongly: its padding is not valid', cause)
  }
}

function corrupt(message: string, cause?: unknown): DbvaultError {
  return new DbvaultError('ARTIFACT_CORRUPT', message, { cause })
}

function wrongKey(): DbvaultError {
  return new DbvaultError(
    'KEY_WRONG',
    'the Fernet token does not fit this key: either the key is that of another backup, or the bytes were changed (the format cannot tell which)',
    {
      hints: [
        'Use the key that this backup was made with.',
        'If it is the right key, compare the sha256 of the file with the one in its manifest: the bytes were changed.',
      ],
    },
  )
}
