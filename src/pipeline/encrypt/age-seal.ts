import { encryptAge } from './age.ts'
import { decryptAge } from './age-reader.ts'
import { collect } from './collect.ts'
import type { Bytes } from '../bytes.ts'

/** Encrypts a small value, such as a fingerprint in a manifest, as an age file in base64, on one line. */
export async function sealToRecipients(recipients: readonly string[], bytes: Uint8Array): Promise<string> {
  return (await collect(encryptAge(recipients)(one(bytes)))).toString('base64')
}

/**
 * Opens what `sealToRecipients` made.
 *
 * @throws DbvaultError KEY_WRONG when no identity fits, ARTIFACT_CORRUPT when the text was changed
 */
export async function unsealWithIdentities(identities: readonly string[], text: string): Promise<Buffer> {
  return collect(decryptAge(identities)(one(Buffer.from(text, 'base64'))))
}

async function* one(bytes: Uint8Array): Bytes {
  yield bytes
}
