import { createHash, randomBytes } from 'node:crypto'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type Manifest, type SealedPart, parseSealedPart } from './manifest.ts'

/** What sealing needs of a cipher; a Fernet key signs manifests itself, age needs a MAC key made for the backup. */
export interface SealingCipher {
  readonly scheme: 'fernet' | 'age'
  readonly key?: { manifestMacKey(): Buffer }
  seal(bytes: Uint8Array): Promise<string>
  unseal(text: string): Promise<Buffer>
}

export interface SealedManifestPart {
  readonly encryption: Manifest['encryption']
  readonly sealed?: string
  readonly macKey?: Buffer
}

/** Turns what only the holder of the key may know into the manifest's `sealed` field, and gives the key of its MAC. */
export async function sealPart(
  part: SealedPart,
  cipher: SealingCipher,
  recipients: readonly string[],
): Promise<SealedManifestPart> {
  if (cipher.scheme === 'fernet' && cipher.key) {
    const macKey = cipher.key.manifestMacKey()
    return {
      encryption: { scheme: 'fernet', keyId: keyIdOf(macKey) },
      sealed: await cipher.seal(Buffer.from(JSON.stringify(part))),
      macKey,
    }
  }
  const macKey = randomBytes(32)
  return {
    encryption: { scheme: 'age', recipients: [...recipients] },
    sealed: await cipher.seal(Buffer.from(JSON.stringify({ ...part, macKey: macKey.toString('base64url') }))),
    macKey,
  }
}

/**
 * Opens the `sealed` field.
 * @throws KEY_WRONG when the key is another's; MANIFEST_INVALID when there is nothing to open or it is damaged
 */
export async function unsealPart(
  manifest: Manifest,
  cipher: SealingCipher,
  where: string,
): Promise<{ readonly part: SealedPart; readonly macKey: Buffer }> {
  if (manifest.sealed === undefined || manifest.encryption.scheme !== cipher.scheme) {
    throw new DbvaultError('MANIFEST_INVALID', `The manifest ${where} has no part sealed with ${cipher.scheme}`)
  }
  if (manifest.encryption.scheme === 'fernet' && cipher.key) {
    const given = keyIdOf(cipher.key.manifestMacKey())
    if (given !== manifest.encryption.keyId) {
      throw new DbvaultError(
        'KEY_WRONG',
        `The key is that of another backup: its id is ${given}, and ${manifest.id} was encrypted with ${manifest.encryption.keyId}`,
        { hints: ['Give the key that was in use when this backup was made, with --key-file or DBVAULT_KEY.'] },
      )
    }
  }
  const part = parseSealedPart((await cipher.unseal(manifest.sealed)).toString('utf8'), where)
  const macKey = cipher.key?.manifestMacKey() ?? Buffer.from(part.macKey ?? '', 'base64url')
  if (macKey.length !== 32) throw new DbvaultError('MANIFEST_INVALID', `The manifest ${where} has no MAC key`)
  return { part, macKey }
}

/** Eight hex digits that tell keys apart and nothing else about them. */
export function keyIdOf(manifestMacKey: Buffer): string {
  return createHash('sha256').update('dbvault key id v1').update(manifestMacKey).digest('hex').slice(0, 8)
}
