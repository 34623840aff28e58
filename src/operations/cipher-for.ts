import { type Cipher, ageCipher, fernetCipher } from '../pipeline/encrypt/encryption.ts'
import { parseFernetKey } from '../pipeline/encrypt/fernet-key.ts'
import type { EncryptionRequest } from './backup-request.ts'

/**
 * The cipher of one run. With age the host has no identity, so the run adds a recipient of its own, whose identity
 * lives in this process's memory only: by it the stored artifact can be read back and proven.
 * @throws KEY_INVALID
 */
export async function cipherFor(request: EncryptionRequest | undefined): Promise<Cipher | undefined> {
  if (!request) return undefined
  if (request.scheme === 'fernet') return fernetCipher(parseFernetKey(request.key))
  const { generateIdentityBeside, parseRecipient } = await import('../pipeline/encrypt/age-keys.ts')
  const recipients = request.recipients.map((recipient) => parseRecipient(recipient))
  const own = await generateIdentityBeside(recipients)
  return ageCipher([...recipients, own.recipient], [own.identity])
}
