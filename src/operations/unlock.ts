import type { Manifest } from '../catalog/manifest.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type Cipher, type Scheme, ageCipher, fernetCipher } from '../pipeline/encrypt/encryption.ts'
import type { FernetKey } from '../pipeline/encrypt/fernet-key.ts'

/** What the user has to read encrypted backups with. */
export interface Unlock {
  readonly key?: FernetKey
  readonly identities?: readonly string[]
}

/** The cipher to read with. @throws USAGE when what it takes was not given */
export function unlockCipher(scheme: Scheme, unlock: Unlock, name: string): Cipher {
  const cipher = tryUnlock(scheme, unlock)
  if (cipher) return cipher
  throw scheme === 'fernet'
    ? new DbvaultError('USAGE', `${name} is encrypted with a key, and none was given`, {
        hints: ['Give it with --key-file PATH, or in DBVAULT_KEY.'],
      })
    : new DbvaultError('USAGE', `${name} is encrypted to age recipients, and no identity was given`, {
        hints: ['Give the file of one of their identities with --identity PATH.'],
      })
}

/** Undefined when what it takes was not given, or the backup is not encrypted. */
export function tryUnlock(scheme: Manifest['encryption']['scheme'], unlock: Unlock): Cipher | undefined {
  if (scheme === 'fernet' && unlock.key) return fernetCipher(unlock.key)
  if (scheme === 'age' && unlock.identities?.length) return ageCipher([], unlock.identities)
  return undefined
}
