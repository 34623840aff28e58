/**
 * Run as a program: lets argv[3] MiB flow through encryption and decryption with the scheme argv[2], and prints the
 * process's peak memory in KiB.
 */
import type { Bytes } from '../../../src/pipeline/bytes.ts'
import { generateAgeIdentity } from '../../../src/pipeline/encrypt/age-keys.ts'
import { ageCipher, type Cipher, fernetCipher } from '../../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'

async function cipherOf(scheme: string): Promise<Cipher> {
  if (scheme === 'fernet') return fernetCipher(parseFernetKey(generateFernetKey()))
  const { identity, recipient } = await generateAgeIdentity()
  return ageCipher([recipient], [identity])
}

async function* blocks(count: number): Bytes {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(1024 * 1024, index)
}

const [scheme, mebibytes] = process.argv.slice(2) as [string, string]
const cipher = await cipherOf(scheme)
for await (const _ of cipher.decrypt()(cipher.encrypt()(blocks(Number(mebibytes))))) continue
console.log(process.resourceUsage().maxRSS)
