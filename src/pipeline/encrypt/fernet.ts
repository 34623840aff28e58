import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import type { Stage } from '../bytes.ts'
import { Base64urlEncoder } from './base64url-encoder.ts'
import { BLOCK_BYTES, CIPHER, HEADER_BYTES, IV_OFFSET, VERSION } from './fernet-format.ts'
import type { FernetKey } from './fernet-key.ts'
import { slices } from './slices.ts'

/** How much is encrypted in one call: it bounds the buffers and fits a processor's cache. */
const SLICE_BYTES = 256 * 1024

export interface TokenOrigin {
  /** When the token is said to be made; now if absent. */
  readonly now?: Date
  /** 16 bytes, never used twice with one key; random if absent. */
  readonly iv?: Buffer
}

/**
 * Makes one Fernet token of the whole flow, in one pass and constant memory, however long it is.
 * The token is url-safe base64 with padding and no newline, a third larger than the plaintext.
 */
export function encryptFernet(key: FernetKey, origin: TokenOrigin = {}): Stage {
  return async function* (source) {
    const token = new FernetWriter(key, origin)
    for await (const chunk of source) {
      for (const slice of slices(chunk, SLICE_BYTES)) {
        const text = token.update(slice)
        if (text.length > 0) yield text
      }
    }
    yield token.final()
  }
}

/** Makes one token piece by piece, after the manner of `node:crypto`: `update` as often as needed, then `final`, once. */
export class FernetWriter {
  readonly #cipher
  readonly #mac
  readonly #text: Base64urlEncoder

  constructor(key: FernetKey, { now = new Date(), iv = randomBytes(BLOCK_BYTES) }: TokenOrigin = {}) {
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt8(VERSION)
    header.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1)
    iv.copy(header, IV_OFFSET)
    this.#cipher = createCipheriv(CIPHER, key.encryptionKey, iv)
    this.#mac = createHmac('sha256', key.signingKey).update(header)
    this.#text = new Base64urlEncoder(header)
  }

  update(plaintext: Uint8Array): Buffer {
    return this.#encode(this.#cipher.update(plaintext))
  }

  final(): Buffer {
    const lastBlock = this.#encode(this.#cipher.final())
    const mac = this.#text.update(this.#mac.digest())
    return Buffer.concat([lastBlock, mac, this.#text.final()])
  }

  #encode(ciphertext: Buffer): Buffer {
    this.#mac.update(ciphertext)
    return this.#text.update(ciphertext)
  }
}
