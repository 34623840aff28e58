import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import canonicalize from 'canonicalize'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Manifest } from './manifest.ts'

/**
 * Closes a document with a MAC over its canonical form (RFC 8785) without the `mac` field. With a key, whoever lacks
 * the key cannot change a word unnoticed. Without one it is a plain sha256: that finds damage and careless edits, not
 * a forger.
 */
export function withMac<T extends object>(document: T, key: Uint8Array | undefined): T & Pick<Manifest, 'mac'> {
  const scheme = key ? 'hmac-sha256' : 'sha256'
  return { ...document, mac: { scheme, value: macOf(document, key) } }
}

/**
 * Checks a document as it was read, so that fields which a newer dbvault added count too.
 * @throws MANIFEST_INVALID when it is not as it was written
 */
export function verifyMac(text: string, key: Uint8Array | undefined, where: string): void {
  const { mac, ...rest } = JSON.parse(text) as { mac?: { scheme?: unknown; value?: unknown } }
  const expected = key ? 'hmac-sha256' : 'sha256'
  if (mac?.scheme === expected && sameText(String(mac.value), macOf(rest, key))) return
  throw new DbvaultError(
    'MANIFEST_INVALID',
    `The manifest ${where} was changed after it was written: its MAC does not fit`,
    {
      hints: ['Do not trust what it says. The artifact itself can still be restored by its path, and checked.'],
    },
  )
}

function macOf(document: object, key: Uint8Array | undefined): string {
  const text = canonicalize(document) ?? ''
  return (key ? createHmac('sha256', key) : createHash('sha256')).update(text).digest('base64url')
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
