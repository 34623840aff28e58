import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { encryptFernet } from '../../../src/pipeline/encrypt/fernet.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { openFernet } from '../../../src/pipeline/encrypt/fernet-reader.ts'
import { seal, unseal } from '../../../src/pipeline/encrypt/fernet-seal.ts'
import { needs } from '../../support/tools.ts'
import { flow, gather, pattern } from './flow.ts'
import { folder, output, PYTHON, run } from './program.ts'

const PYTHON_FERNET = `
import sys
from cryptography.fernet import Fernet
fernet = Fernet(sys.argv[2])
sys.stdout.buffer.write(getattr(fernet, sys.argv[1])(sys.stdin.buffer.read()))
`
const RECOVER = fileURLToPath(new URL('recover-fernet.sh', import.meta.url))
const GOLDEN = fileURLToPath(new URL('../../fixtures/python-dbvault-sqlite.db.gz.enc', import.meta.url))
const GOLDEN_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const SIZES = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 5_000_000]

/** What the tests use of npm's `fernet`, which has no types of its own. */
interface NpmFernet {
  Secret: new (text: string) => object
  Token: new (options: { secret: object; token?: string; ttl?: number }) => {
    encode(text: string): string
    decode(): string
  }
}

const text = generateFernetKey()
const key = parseFernetKey(text)

const encrypt = (bytes: Uint8Array): Promise<Buffer> => gather(encryptFernet(key)(flow(bytes, 100_000)))
const open = (token: Uint8Array): Promise<Buffer> => gather(openFernet(key, () => flow(token, 65_536)))

describe("fernet and Python's cryptography", () => {
  needs("python's cryptography")

  for (const size of SIZES) {
    it(`read each other's tokens of ${size} bytes`, async () => {
      const bytes = pattern(size)
      assert.deepEqual(await output(PYTHON, ['-c', PYTHON_FERNET, 'decrypt', text], await encrypt(bytes)), bytes)
      assert.deepEqual(await open(await output(PYTHON, ['-c', PYTHON_FERNET, 'encrypt', text], bytes)), bytes)
    })
  }

  it('agree on keys and sealed values', async () => {
    const made = await output(PYTHON, [
      '-c',
      'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())',
    ])
    const sealed = seal(parseFernetKey(made.toString()), Buffer.from('rows: 3'))
    const args = ['-c', PYTHON_FERNET, 'decrypt', made.toString().trim()]
    assert.equal((await output(PYTHON, args, Buffer.from(sealed))).toString(), 'rows: 3')
  })

  it('opens what the earlier dbvault in Python wrote: a SQLite database in gzip', async () => {
    const token = await readFile(GOLDEN)
    const database = gunzipSync(await gather(openFernet(parseFernetKey(GOLDEN_KEY), () => flow(token, 100))))
    await using temporary = await folder()
    await writeFile(temporary.path('restored.db'), database)
    const sqlite = new DatabaseSync(temporary.path('restored.db'), { readOnly: true })
    try {
      assert.deepEqual(sqlite.prepare('SELECT count(*) AS rows FROM t').all(), [
        Object.assign(Object.create(null), { rows: 2 }),
      ])
      const types = sqlite.prepare('SELECT type FROM sqlite_schema ORDER BY type').all()
      assert.deepEqual(
        types.map(({ type }) => type),
        ['index', 'table', 'view'],
      )
    } finally {
      sqlite.close()
    }
  })
})

describe("fernet and npm's fernet", () => {
  const npm = createRequire(import.meta.url)('fernet') as NpmFernet

  for (const size of [0, 1, 15, 16, 17, 10_000]) {
    it(`read each other's tokens of ${size} characters`, async () => {
      const secret = new npm.Secret(text)
      const message = 'dbvault '.repeat(2000).slice(0, size)
      assert.equal(unseal(key, new npm.Token({ secret }).encode(message)).toString(), message)
      const token = (await encrypt(Buffer.from(message))).toString('latin1')
      assert.equal(new npm.Token({ secret, token, ttl: 0 }).decode(), message)
    })
  }
})

describe('fernet and openssl', () => {
  needs('openssl')

  for (const size of SIZES) {
    it(`recovers ${size} bytes with coreutils and openssl alone`, async () => {
      await using temporary = await folder()
      await writeFile(temporary.path('key'), `${text}\n`)
      await writeFile(temporary.path('artifact.enc'), await encrypt(pattern(size)))
      await output(RECOVER, [temporary.path('key'), temporary.path('artifact.enc'), temporary.path('plaintext')])
      assert.deepEqual(await readFile(temporary.path('plaintext')), pattern(size))
    })
  }

  it('recovers nothing with another key, or when one character was changed', async () => {
    await using temporary = await folder()
    await writeFile(temporary.path('key'), text)
    await writeFile(temporary.path('other-key'), generateFernetKey())
    const token = await encrypt(pattern(100_000))
    await writeFile(temporary.path('artifact.enc'), token)
    await writeFile(temporary.path('changed.enc'), token.fill(token[5000] === 65 ? 'B' : 'A', 5000, 5001))
    for (const [keyFile, file] of [
      ['other-key', 'artifact.enc'],
      ['key', 'changed.enc'],
    ] as const) {
      const ended = await run(RECOVER, [keyFile, file, 'plaintext'].map(temporary.path))
      assert.equal(ended.code, 1)
      assert.match(ended.stderr, /the key is another, or the bytes were changed/)
      await assert.rejects(readFile(temporary.path('plaintext')), { code: 'ENOENT' })
    }
  })
})
