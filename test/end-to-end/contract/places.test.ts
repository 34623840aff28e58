import assert from 'node:assert/strict'
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rowsIn, Vault } from '../../support/vault.ts'

const LEGACY = fileURLToPath(new URL('../../fixtures/python-dbvault-sqlite.db.gz.enc', import.meta.url))

describe('stored backups', () => {
  let vault: Vault
  let keyed: Awaited<ReturnType<Vault['backUp']>>
  let open: Awaited<ReturnType<Vault['backUp']>>
  const KEY = ['--key-file', 'vault.key']
  before(async () => {
    vault = await Vault.create()
    await vault.run(['keygen', '-s', 'vault.key'])
    keyed = await vault.backUp(...KEY)
    open = await vault.backUp('--compression', 'zstd', '--prove', 'none')
  })
  after(() => vault[Symbol.asyncDispose]())

  it('are listed newest first: what is encrypted is a claim without the key, and authentic with it', async () => {
    const without = await vault.json(['list', '-o', 'backups'])
    const facts = (document: typeof without): unknown =>
      document.backups.map(({ id, status, trust }) => [id, status, trust])
    const openFacts = [open.id, 'unproven', 'open']
    assert.deepEqual(facts(without), [openFacts, [keyed.id, 'proven', 'claimed']])
    const withKey = await vault.json(['list', pathToFileURL(vault.path('backups')).href, ...KEY])
    assert.deepEqual(facts(withKey), [openFacts, [keyed.id, 'proven', 'authentic']])
    const { stdout } = await vault.run(['list', '-o', 'backups'])
    assert.match(stdout, new RegExp(`${keyed.id} +sqlite +proven \\(claimed\\) +now .* fernet`))
  })

  it('are listed by engine and database', async () => {
    const count = async (...argv: string[]): Promise<number> =>
      (await vault.json(['list', '-o', 'backups', ...argv])).backups.length
    assert.deepEqual([await count('-D', 'shop'), await count('-D', 'blog'), await count('--db', 'sqlite')], [2, 0, 2])
  })

  it('are shown by id, path and address', async () => {
    for (const name of [keyed.id, keyed.artifact, pathToFileURL(keyed.artifact).href, `${keyed.artifact}.json`]) {
      const { exit, stdout } = await vault.run(['show', name, '-o', 'backups'])
      assert.equal(exit, 0)
      assert.match(stdout, /Trust +this is what the manifest claims; give the key to check it/)
    }
    const { stdout } = await vault.run(['show', keyed.id, '-o', 'backups', ...KEY])
    assert.match(stdout, /1 tables?, 200 rows/)
  })

  it('are verified all, the newest, or a sample', async () => {
    const verify = (...argv: string[]): ReturnType<Vault['json']> => vault.json(['verify', '-o', 'backups', ...argv])
    const all = await verify('--all', ...KEY)
    assert.deepEqual(
      [all.exit, ...all.backups.map(({ id, status }) => [id, status])],
      [0, [open.id, 'checked'], [keyed.id, 'proven']],
    )
    const newest = await verify('--newest')
    assert.deepEqual([newest.exit, newest.backups[0]?.id, newest.backups.length], [0, open.id, 1])
    const sample = await verify('--sample', '1', ...KEY)
    assert.deepEqual([sample.exit, sample.backups.length], [0, 1])
    const blind = await verify('--all')
    assert.deepEqual([blind.exit, blind.error?.code], [9, 'SEVERAL_FAILED'])
    assert.equal((await verify('--all', '--from-database', 'blog')).exit, 6)
  })

  it('are restored by id, or as the newest of a database', async () => {
    const restore = (...argv: string[]): ReturnType<Vault['json']> => vault.json(['restore', '-o', 'backups', ...argv])
    assert.equal((await restore(keyed.id, ...KEY, '-D', 'by-id.db')).exit, 0)
    const newest = await restore('--newest', '--db', 'sqlite', '--from-database', 'shop', '-D', 'newest.db')
    assert.equal(newest.exit, 0, newest.error?.message)
    assert.deepEqual([rowsIn(vault.path('by-id.db')), rowsIn(vault.path('newest.db'))], [200, 200])
    const occupied = await restore(open.id, '-D', 'by-id.db')
    assert.deepEqual([occupied.exit, occupied.error?.code], [8, 'TARGET_NOT_EMPTY'])
    assert.equal((await restore(open.id, '-D', 'by-id.db', '--replace')).exit, 0)
    assert.deepEqual([(await restore('none', '-D', 'x.db')).exit, (await restore(keyed.id, '-D', 'x.db')).exit], [6, 2])
  })

  it('are copied between directories, with bytes untouched, and never over what is there', async () => {
    const copy = (...argv: string[]): ReturnType<Vault['json']> =>
      vault.json(['copy', '--from', 'backups', '--to', pathToFileURL(vault.path('far')).href, ...argv])
    assert.equal((await copy(keyed.id)).exit, 0)
    const name = keyed.artifact.slice(keyed.artifact.indexOf('/sqlite/'))
    for (const end of ['', '.json']) {
      assert.deepEqual(await readFile(vault.path('far', name + end)), await readFile(keyed.artifact + end))
    }
    const again = await copy('--all')
    assert.equal(again.exit, 0)
    assert.deepEqual(
      again.backups.map(({ id, copied }) => [id, copied]),
      [
        [open.id, true],
        [keyed.id, false],
      ],
    )
    assert.deepEqual((await vault.files('far')).length, 4)
    await writeFile(vault.path('far', name), 'theirs')
    const refused = await copy(keyed.id)
    assert.deepEqual([refused.exit, await readFile(vault.path('far', name), 'utf8')], [8, 'theirs'])
    await copyFile(keyed.artifact, vault.path('far', name))
    assert.equal((await vault.json(['verify', '--all', '-o', 'far', ...KEY])).exit, 0)
  })

  it('that lost their artifact or manifest are named by list, verify --all and copy --all', async () => {
    await vault.json(['copy', '--all', '--from', 'backups', '--to', 'torn'])
    const there = (artifact: string): string => artifact.replace('/backups/', '/torn/')
    await rm(there(keyed.artifact))
    await truncate(`${there(open.artifact)}.json`, 100)
    const list = await vault.json(['list', '-o', 'torn'])
    assert.deepEqual(
      list.backups.map(({ id, status }) => [id, status]),
      [[keyed.id, 'missing']],
    )
    assert.equal((list['damaged'] as object[]).length, 1)
    const verify = await vault.json(['verify', '--all', '-o', 'torn', ...KEY])
    assert.deepEqual(
      [verify.exit, ...verify.backups.map(({ error }) => error?.code)],
      [9, 'OBJECT_NOT_FOUND', 'MANIFEST_INVALID'],
    )
    const copy = await vault.json(['copy', '--all', '--from', 'torn', '--to', 'nowhere'])
    assert.equal(copy.exit, 9)
    assert.deepEqual(await vault.files('nowhere'), [])
    const newest = await vault.json(['verify', '--newest', '-o', 'torn', ...KEY])
    const errors = newest.backups.map(({ error }) => error?.code)
    assert.deepEqual([newest.exit, ...errors], [9, 'OBJECT_NOT_FOUND', 'MANIFEST_INVALID'])
  })

  it('without a manifest can be verified and restored by their path, and say what is unchecked', async () => {
    await vault.json(['copy', '--all', '--from', 'backups', '--to', 'bare'])
    for (const [at, { artifact }] of [keyed, open].entries()) {
      const bare = artifact.replace('/backups/', '/bare/')
      await rm(`${bare}.json`)
      const verified = await vault.json(['verify', bare, ...KEY])
      assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'checked'])
      assert.match(JSON.stringify(verified.backups[0]?.['unchecked']), /There is no manifest beside it/)
      assert.equal((await vault.json(['restore', bare, ...KEY, '-D', `bare-${at}.db`])).exit, 0)
      assert.equal(rowsIn(vault.path(`bare-${at}.db`)), 200)
    }
    const { orphans } = await vault.json(['list', '-o', 'bare'])
    assert.equal((orphans as object[]).length, 2)
  })

  it('of the earlier dbvault in Python are read by their path', async () => {
    await writeFile(vault.path('python.key'), 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n')
    const restored = await vault.json(['restore', LEGACY, '--key-file', 'python.key', '-D', 'legacy.db'])
    assert.equal(restored.exit, 0, restored.error?.message)
    const wrong = await vault.json(['restore', LEGACY, ...KEY, '-D', 'never.db'])
    assert.deepEqual([wrong.exit, wrong.error?.code], [7, 'KEY_WRONG'])
    assert.equal((await vault.files('.')).includes('never.db'), false)
  })
})
