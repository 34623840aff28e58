import { hkdfSync, randomBytes } from 'node:crypto'
import { DbvaultError } from '../../errors/dbvault-error.ts'

const KEY_BYTES = 32
const MANIFEST_MAC_INFO = 'dbvault manifest mac v1'

/**
 * The two halves of a Fernet key. The bytes are private fields, so that neither `JSON.stringify` nor `console.log` of
 * anything that holds the key can show them.
 */
export class FernetKey {
  readonly #bytes: Buffer

  /** @param bytes exactly 32 of them */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** 16 bytes, for HMAC-SHA256. */
  get signingKey(): Buffer {
    return this.#bytes.subarray(0, KEY_BYTES / 2)
  }

  /** 16 bytes, for AES-128-CBC. */
  get encryptionKey(): Buffer {
    return this.#bytes.subarray(KEY_BYTES / 2)
  }

  /**
   * The key that signs this backup's manifest: 32 bytes by HKDF-SHA256 (RFC 5869) over the 32 key bytes, no salt. It is
   * derived, and not the signing key itself, so that no manifest can ever pass for a token nor a token for a manifest.
   */
  manifestMacKey(): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#bytes, '', MANIFEST_MAC_INFO, KEY_BYTES))
  }
}

/** 32 random bytes in url-safe base64 with its padding: 44 characters, as Python's `Fernet.generate_key()` writes them. */
export function generateFernetKey(): string {
  return `${randomBytes(KEY_BYTES).toString('base64url')}=`
}

/**
 * Reads a key of 32 bytes in url-safe base64, with or without the padding; white space around it is dropped.
 *
 * @throws DbvaultError KEY_INVALID, which tells the length of the text and nothing of its content
 */
export function parseFernetKey(text: string): FernetKey {
  const trimmed = text.trim()
  if (/^[A-Za-z0-9_-]{43}=?$/.test(trimmed)) return new FernetKey(Buffer.from(trimmed, 'base64url'))
  const got =
    trimmed.length === 43 || trimmed.length === 44
      ? `${trimmed.length} characters that are not all of that alphabet`
      : `${trimmed.length} characters`
  throw new DbvaultError(
    'KEY_INVALID',
    `a Fernet key is 32 bytes in url-safe base64, 44 characters; this one is ${got}`,
    {
      hints: ['Make a new key with: dbvault keygen'],
    },
  )
}
