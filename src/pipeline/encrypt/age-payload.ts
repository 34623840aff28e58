import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

/**
 * The payload of the age format, https://c2sp.org/age#payload: chunks of 64 KiB, each sealed by ChaCha20-Poly1305 under a
 * nonce that counts them and marks the last, so that chunks can be neither reordered nor left out at the end.
 */
export const CHUNK_BYTES = 64 * 1024
export const TAG_BYTES = 16
/** The random bytes between header and first chunk, from which the payload's key is derived. */
export const PAYLOAD_NONCE_BYTES = 16

const CIPHER = 'chacha20-poly1305'
const OPTIONS = { authTagLength: TAG_BYTES }
const NONCE_BYTES = 12
const KEY_BYTES = 32

/** 32 bytes by HKDF-SHA256, the file's key salted with its payload nonce. */
export function payloadKey(fileKey: Uint8Array, payloadNonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, payloadNonce, 'payload', KEY_BYTES))
}

/** @returns the ciphertext and its tag, which are not joined since the copy would double what awaits collection */
export function sealChunk(key: Buffer, index: number, last: boolean, plaintext: Uint8Array): [Buffer, Buffer] {
  const cipher = createCipheriv(CIPHER, key, nonce(index, last), OPTIONS)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return [ciphertext, cipher.getAuthTag()]
}

/** @returns the plaintext, or undefined when the tag does not fit these bytes at this place */
export function openChunk(key: Buffer, index: number, last: boolean, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const decipher = createDecipheriv(CIPHER, key, nonce(index, last), OPTIONS)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plaintext
}

/** A counter of 11 bytes, big-endian, and one byte that is 1 for the last chunk. 48 bits of it reach for 16 exabytes. */
function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES)
  bytes.writeUIntBE(index, 5, 6)
  bytes.writeUInt8(last ? 1 : 0, 11)
  return bytes
}
