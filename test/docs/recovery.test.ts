import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fencedBlocks } from './fenced-block.ts'
import { Workplace } from './workplace.ts'
import { needs } from '../support/tools.ts'

const LEGACY = fileURLToPath(new URL('../fixtures/python-dbvault-sqlite.db.gz.enc', import.meta.url))
const LEGACY_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

/** More than one block of either compression, with values of every kind. */
const SOURCE = `
  CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, price REAL, photo BLOB);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO things SELECT i, 'thing № ' || i, i / 7.0, randomblob(i % 300) FROM n;
  CREATE INDEX things_by_name ON things (name);
  CREATE VIEW cheap AS SELECT * FROM things WHERE price < 100;`

interface Kind {
  readonly title: string
  readonly flags: string
  /** Names of the recipes that decrypt, each with the secret that it is given. */
  readonly decrypt: readonly { readonly recipe: string; readonly secret?: string }[]
  readonly decompress: string
  readonly manifest: string
}

const fernet = [
  { recipe: 'recover-fernet-small', secret: 'vault.key' },
  { recipe: 'recover-fernet-large', secret: 'vault.key' },
]
const age = [
  { recipe: 'recover-age', secret: 'alice.txt' },
  { recipe: 'recover-age', secret: 'bob.txt' },
]
const plain = [{ recipe: 'recover-plain' }]
const toBoth = '-r "$(age-keygen -y alice.txt)" -r "$(age-keygen -y bob.txt)"'

const KINDS: readonly Kind[] = [
  {
    title: 'gzip and Fernet',
    flags: '--key-file vault.key',
    decrypt: fernet,
    decompress: 'recover-gzip',
    manifest: 'recover-manifest-fernet',
  },
  {
    title: 'zstd and Fernet',
    flags: '--compression zstd --key-file vault.key',
    decrypt: fernet,
    decompress: 'recover-zstd',
    manifest: 'recover-manifest-fernet',
  },
  {
    title: 'zstd and age, for two recipients',
    flags: `--compression zstd ${toBoth}`,
    decrypt: age,
    decompress: 'recover-zstd',
    manifest: 'recover-manifest-age',
  },
  {
    title: 'gzip and age, for two recipients',
    flags: toBoth,
    decrypt: age,
    decompress: 'recover-gzip',
    manifest: 'recover-manifest-age',
  },
  {
    title: 'gzip, not encrypted',
    flags: '',
    decrypt: plain,
    decompress: 'recover-gzip',
    manifest: 'recover-manifest-plain',
  },
  {
    title: 'zstd, not encrypted',
    flags: '--compression zstd',
    decrypt: plain,
    decompress: 'recover-zstd',
    manifest: 'recover-manifest-plain',
  },
]

interface MadeBackup {
  readonly path: string
  readonly dumpSha256: string
}

describe('recovery without dbvault, by the commands of docs/format.md', () => {
  needs('age', 'openssl', 'sqlite3', 'zstd', "python's cryptography")

  let workplace: Workplace
  let content: string
  const recipes = new Map<string, string>()
  const used = new Set<string>()

  function recipe(name: string): string {
    used.add(name)
    const text = recipes.get(name)
    assert.ok(text !== undefined, `docs/format.md has no block ${name}`)
    return text
  }

  before(async () => {
    for (const { title, text } of await fencedBlocks('docs/format.md')) if (title !== '') recipes.set(title, text)
    workplace = await Workplace.create()
    await workplace.output(`sqlite3 shop.db "${SOURCE}"`)
    content = await workplace.output('sqlite3 shop.db .dump')
    await workplace.output(`
      dbvault keygen --save vault.key
      dbvault keygen --age --save alice.txt
      age-keygen -o bob.txt`)
  })
  after(() => workplace[Symbol.asyncDispose]())

  async function backUp(flags: string): Promise<MadeBackup> {
    const json = await workplace.output(`dbvault backup --db sqlite -D shop.db -o backups --json ${flags}`)
    const { backups } = JSON.parse(json) as {
      backups: [{ dump: { sha256: string }; locations: [{ address: string }]; status: string }]
    }
    assert.equal(backups[0].status, 'proven')
    return { path: fileURLToPath(backups[0].locations[0].address), dumpSha256: backups[0].dump.sha256 }
  }

  /** A folder that holds the artifact and, if there is one, the secret, and the variables that name them. */
  async function elsewhere(path: string, secret: string | undefined) {
    const folder = await workplace.folder(`recovery-${(await readdir(workplace.root)).length}`)
    await copyFile(path, `${folder}/${basename(path)}`)
    if (secret !== undefined) await copyFile(workplace.path(secret), `${folder}/secret`)
    const variables = { BACKUP: basename(path), KEY_FILE: 'secret', IDENTITY: 'secret' }
    return {
      folder,
      run: (name: string) => workplace.sh(recipe(name), folder, variables),
      output: (name: string) => workplace.output(recipe(name), folder, variables),
      addManifest: async () => {
        await copyFile(`${path}.json`, `${folder}/${basename(path)}.json`)
        await writeFile(`${folder}/manifest.py`, recipe('manifest.py'))
        return `${folder}/${basename(path)}.json`
      },
    }
  }

  for (const { title, flags, decrypt, decompress, manifest } of KINDS) {
    describe(title, () => {
      let backup: MadeBackup
      before(async () => {
        backup = await backUp(flags)
      })

      for (const { recipe: decryption, secret } of decrypt) {
        const who = secret === undefined ? '' : ` and ${secret}`
        it(`gives back the dump with ${decryption}, the artifact${who} alone`, async () => {
          const { folder, output, addManifest } = await elsewhere(backup.path, secret)
          await output(decryption)
          await output(decompress)
          assert.equal(await output('recover-sqlite'), 'ok\n')
          assert.equal(await workplace.output('sqlite3 restored .dump', folder), content)
          const restored = await readFile(`${folder}/restored`)
          assert.equal(createHash('sha256').update(restored).digest('hex'), backup.dumpSha256)

          const path = await addManifest()
          assert.equal(await output('recover-check-sha256'), 'the artifact is the one of its manifest\n')
          assert.equal(await output(manifest), 'the manifest is as it was written, and this is its dump\n')
          await writeFile(path, (await readFile(path, 'utf8')).replace('"database": "shop"', '"database": "shed"'))
          await assert.rejects(output(manifest), /the manifest was changed after it was written/)
        })
      }

      it('is told from a damaged artifact, and from another dump than its own', async () => {
        const { folder, output, run, addManifest } = await elsewhere(backup.path, decrypt[0]?.secret)
        await addManifest()
        await writeFile(`${folder}/restored`, 'something else')
        await assert.rejects(output(manifest), /what was restored is not the dump that the manifest speaks of/)
        await writeFile(`${folder}/${basename(backup.path)}`, 'x', { flag: 'a' })
        assert.equal((await run('recover-check-sha256')).exit, 1)
      })
    })
  }

  for (const decryption of ['recover-fernet-small', 'recover-fernet-large']) {
    it(`${decryption} gives nothing with another key, or when one character was changed`, async () => {
      const { path } = await backUp('--key-file vault.key')
      const bytes = await readFile(path)
      await workplace.output('test -f other.key || dbvault keygen --save other.key')
      for (const [secret, changed] of [
        ['other.key', bytes],
        ['vault.key', Buffer.from(bytes).fill(bytes[5000] === 65 ? 'B' : 'A', 5000, 5001)],
      ] as const) {
        const { folder, run } = await elsewhere(path, secret)
        await writeFile(`${folder}/${basename(path)}`, changed)
        assert.notEqual((await run(decryption)).exit, 0)
        assert.equal((await readFile(`${folder}/decrypted`).catch(() => Buffer.alloc(0))).length, 0)
      }
    })
  }

  // A suite of its own: mocha runs those after the tests that stand beside them.
  describe('all in all', () => {
    it('leaves no command of the document untried', () => {
      const untried = [...recipes.keys()].filter((name) => !used.has(name))
      assert.deepEqual(untried, [])
    })
  })
})

describe('a backup of the earlier dbvault in Python', () => {
  const TABLES = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type"

  async function assertWhole(workplace: Workplace, database: string): Promise<void> {
    assert.equal(await workplace.output(`sqlite3 ${database} 'SELECT count(*) FROM t'`), '2\n')
    const types = (await workplace.output(`sqlite3 ${database} "${TABLES}"`)).trim().split('\n')
    assert.deepEqual(
      types.map((line) => line.split('|')[0]),
      ['index', 'table', 'view'],
    )
  }

  it('is decrypted by dbvault decrypt', async () => {
    await using workplace = await Workplace.create()
    await workplace.output(`dbvault decrypt -f '${LEGACY}' -k ${LEGACY_KEY} -o old.db.gz && gunzip old.db.gz`)
    await assertWhole(workplace, 'old.db')
  })

  it('is restored by dbvault restore PATH', async () => {
    await using workplace = await Workplace.create()
    await workplace.output(`dbvault restore '${LEGACY}' -k ${LEGACY_KEY} -D new.db`)
    await assertWhole(workplace, 'new.db')
  })
})
