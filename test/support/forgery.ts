import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** A manifest with the digest that fits what it says now, as a forger without the key can make it. */
export function canonicalMac(text: string): string {
  const { mac: _mac, ...rest } = JSON.parse(text) as Record<string, unknown>
  const value = createHash('sha256')
    .update(canonicalize(rest) ?? '')
    .digest('base64url')
  return JSON.stringify({ ...rest, mac: { scheme: 'sha256', value } })
}
