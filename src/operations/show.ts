import { verifyMac } from '../catalog/manifest-mac.ts'
import type { Manifest, SealedPart } from '../catalog/manifest.ts'
import { unsealPart } from '../catalog/sealing.ts'
import type { Trust } from './describe-backup.ts'
import { type Unlock, tryUnlock } from './unlock.ts'

export interface Shown {
  readonly manifest: Manifest
  readonly address: string
  readonly trust: Trust
  /** What only the holder of the key gets to see; without the key that seals manifests. */
  readonly sealed?: Omit<SealedPart, 'macKey'>
}

/** One manifest, checked as far as the key at hand allows. @throws KEY_WRONG, MANIFEST_INVALID */
export async function show(
  {
    manifest,
    manifestText,
    address,
  }: { readonly manifest: Manifest; readonly manifestText: string; readonly address: string },
  unlock: Unlock,
): Promise<Shown> {
  const { scheme } = manifest.encryption
  if (scheme === 'none') {
    verifyMac(manifestText, undefined, address)
    return { manifest, address, trust: 'open' }
  }
  const cipher = tryUnlock(scheme, unlock)
  if (!cipher) return { manifest, address, trust: 'claimed' }
  const { part, macKey } = await unsealPart(manifest, cipher, address)
  verifyMac(manifestText, macKey, address)
  const { macKey: _, ...sealed } = part
  return { manifest, address, trust: 'authentic', sealed }
}
