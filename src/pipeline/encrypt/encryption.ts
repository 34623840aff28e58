import type { Bytes, Stage } from '../bytes.ts'
import { AGE_ARMOR_LINE, AGE_VERSION_LINE } from './age-header.ts'
import { encryptFernet } from './fernet.ts'
import type { FernetKey } from './fernet-key.ts'
import { decryptFernet, openFernet } from './fernet-reader.ts'
import { seal, unseal } from './fernet-seal.ts'

export type Scheme = Cipher['scheme']

/** How one backup is encrypted, with what it takes to do and to undo it. */
export type Cipher = FernetCipher | AgeCipher

export interface FernetCipher extends Sealing {
  readonly scheme: 'fernet'
  readonly key: FernetKey
}

export interface AgeCipher extends Sealing {
  readonly scheme: 'age'
  /** Who can read what is encrypted; enough for `encrypt` and `seal`. */
  readonly recipients: readonly string[]
  /** Whose private half is at hand; enough for the rest. A host that only writes has none. */
  readonly identities: readonly string[]
}

interface Sealing {
  /** The artifact's last extension, without the dot. */
  readonly extension: 'enc' | 'age'
  encrypt(): Stage
  /** In one pass. What it yields is provisional until the flow ends without an error: for scratch only. */
  decrypt(): Stage
  /**
   * Yields only what is authenticated; that it is complete is known when it ends. `reopen` is called as often as the
   * scheme needs, one after the other, and must give the same bytes each time.
   */
  open(reopen: () => Bytes): Bytes
  /** Encrypts a small value for a manifest. */
  seal(bytes: Uint8Array): Promise<string>
  unseal(text: string): Promise<Buffer>
}

/** One secret key for both directions. The MAC stands at the end, so `open` reads twice. */
export function fernetCipher(key: FernetKey): FernetCipher {
  return {
    scheme: 'fernet',
    key,
    extension: 'enc',
    encrypt: () => encryptFernet(key),
    decrypt: () => decryptFernet(key),
    open: (reopen) => openFernet(key, reopen),
    seal: async (bytes) => seal(key, bytes),
    unseal: async (text) => unseal(key, text),
  }
}

/** Public keys to encrypt to, private ones to decrypt with. Every chunk has its own tag, so `open` reads once. */
export function ageCipher(recipients: readonly string[], identities: readonly string[]): AgeCipher {
  const decrypt = (): Stage => whenUsed(async () => (await import('./age-reader.ts')).decryptAge(identities))
  return {
    scheme: 'age',
    recipients,
    identities,
    extension: 'age',
    encrypt: () => whenUsed(async () => (await import('./age.ts')).encryptAge(recipients)),
    decrypt,
    open: (reopen) => decrypt()(reopen()),
    seal: async (bytes) => (await import('./age-seal.ts')).sealToRecipients(recipients, bytes),
    unseal: async (text) => (await import('./age-seal.ts')).unsealWithIdentities(identities, text),
  }
}

/** The age library takes longer to load than a small backup takes: it is imported by whoever uses age, and then only. */
function whenUsed(load: () => Promise<Stage>): Stage {
  return async function* (source) {
    yield* (await load())(source)
  }
}

/** How many first bytes `recognise` needs to tell for certain. */
export const RECOGNISABLE_BYTES = AGE_ARMOR_LINE.length

/** A token's first byte, 0x80, and the highest bytes of its time, which are 0 until the year 2106. */
const FERNET_START = 'gAAAA'

/**
 * Tells from a file's first bytes how it is encrypted; undefined means that it is neither. Armored age is age, too:
 * decrypting it then says what to do.
 */
export function recognise(firstBytes: Uint8Array): Scheme | undefined {
  const start = Buffer.from(firstBytes.subarray(0, RECOGNISABLE_BYTES)).toString('latin1')
  if (start.startsWith(FERNET_START)) return 'fernet'
  if (start.startsWith(AGE_VERSION_LINE) || start.startsWith(AGE_ARMOR_LINE)) return 'age'
  return undefined
}
