import type { Mutant } from '../mutant.ts'

const FERNET = 'test/pipeline/encrypt/fernet.test.ts'
const AGE = 'test/pipeline/encrypt/age.test.ts'
const STORED = 'test/operations/stored-backups.test.ts'

export const CRYPTOGRAPHY: readonly Mutant[] = [
  {
    name: 'Fernet: the MAC is not compared',
    file: 'src/pipeline/encrypt/fernet-reader.ts',
    find: 'if (!timingSafeEqual(this.#mac.digest(), this.#buffer.subarray(0, MAC_BYTES))) throw wrongKey()',
    replace: 'if (timingSafeEqual(Buffer.alloc(1), Buffer.alloc(1)) && this.#bytes < MAC_BYTES) throw wrongKey()',
    killedBy: { file: FERNET, title: 'is refused when one bit is turned over in header, body or tail' },
  },
  {
    name: 'Fernet: plaintext is released before the MAC is verified',
    file: 'src/pipeline/encrypt/fernet-reader.ts',
    find: '  await authenticateFernet(key, open())\n',
    replace: '',
    killedBy: { file: FERNET, title: 'is refused, and nothing is released, when cut' },
  },
  {
    name: 'Fernet: the IV is not random',
    file: 'src/pipeline/encrypt/fernet.ts',
    find: 'iv = randomBytes(BLOCK_BYTES) }',
    replace: 'iv = randomBytes(BLOCK_BYTES).fill(0) }',
    killedBy: { file: FERNET, title: 'takes a new random IV' },
  },
  {
    name: 'age: the mark of the last chunk is not checked',
    file: 'src/pipeline/encrypt/age-reader.ts',
    find: 'const plaintext = openChunk(key, index, last, bytes)',
    replace: 'const plaintext = openChunk(key, index, last, bytes) ?? openChunk(key, index, !last, bytes)',
    killedBy: { file: AGE, title: 'is refused as cut short at each chunk boundary' },
  },
  {
    name: 'age: an empty chunk may end a file',
    file: 'src/pipeline/encrypt/age-reader.ts',
    find: 'if (plaintext.length === 0 && index > 0)',
    replace: 'if (plaintext.length === 0 && index > 1_000_000)',
    killedBy: { file: AGE, title: 'is refused when its last chunk is empty after others' },
  },
  {
    name: 'the HMAC of a manifest is not verified',
    file: 'src/catalog/manifest-mac.ts',
    find: 'expected && sameText(String(mac.value), macOf(rest, key))',
    replace: 'expected && (key !== undefined || sameText(String(mac.value), macOf(rest, key)))',
    killedBy: { file: STORED, title: 'is MANIFEST_INVALID to whoever has the key' },
  },
  {
    name: 'the plain sha256 of a manifest is not verified',
    file: 'src/catalog/manifest-mac.ts',
    find: 'expected && sameText(String(mac.value), macOf(rest, key))',
    replace: 'expected && (key === undefined || sameText(String(mac.value), macOf(rest, key)))',
    killedBy: { file: STORED, title: 'of a backup that is not encrypted is found too' },
  },
  {
    name: 'a manifest can say that its encrypted artifact is not encrypted',
    file: 'src/operations/open-backup.ts',
    find: '  verifyMac(manifestText, sealed?.macKey, where)\n',
    replace: '  if (sealed) verifyMac(manifestText, sealed.macKey, where)\n',
    killedBy: { file: STORED, title: 'of a backup that is not encrypted is found too' },
  },
  {
    name: 'a manifest tells the digest of an encrypted dump',
    file: 'src/operations/commit-backup.ts',
    find: 'dump: encrypted ? { bytes: dump.bytes } : { ...dump }',
    replace: 'dump: encrypted ? { ...dump } : { ...dump }',
    killedBy: { file: 'test/operations/backup.test.ts', title: 'keeps what tells about the rows of an encrypted one' },
  },
  {
    name: 'an error quotes the key',
    file: 'src/pipeline/encrypt/fernet-key.ts',
    find: ': `${trimmed.length} characters`',
    replace: ': `${trimmed.length} characters, ${trimmed}`',
    killedBy: {
      file: 'test/pipeline/encrypt/fernet-key.test.ts',
      title: 'with KEY_INVALID, the length, and nothing of',
    },
  },
  {
    name: 'a key can be printed',
    file: 'src/pipeline/encrypt/fernet-key.ts',
    find: '  readonly #bytes: Buffer\n\n  /** @param bytes exactly 32 of them */\n  constructor(bytes: Buffer) {\n',
    replace:
      '  readonly #bytes: Buffer\n  readonly text: string\n\n  constructor(bytes: Buffer) {\n    this.text = bytes.toString("hex")\n',
    killedBy: { file: 'test/pipeline/encrypt/fernet-key.test.ts', title: 'cannot be seen through inspect or JSON' },
  },
]
