import { FernetWriter } from './fernet.ts'
import type { FernetKey } from './fernet-key.ts'
import { FernetReader } from './fernet-reader.ts'

/** Encrypts a small value, such as a fingerprint in a manifest, as one Fernet token. */
export function seal(key: FernetKey, bytes: Uint8Array): string {
  const token = new FernetWriter(key)
  return Buffer.concat([token.update(bytes), token.final()]).toString('latin1')
}

/**
 * Opens what `seal` made.
 *
 * @throws DbvaultError KEY_WRONG when the key is another's or the text was changed, ARTIFACT_CORRUPT when it is no token
 */
export function unseal(key: FernetKey, text: string): Buffer {
  const token = new FernetReader(key)
  return Buffer.concat([token.update(Buffer.from(text)), token.final()])
}
