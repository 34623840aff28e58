import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { makeDatabase, Vault } from '../../support/vault.ts'

const TWO = ['backup', '--db', 'sqlite', '-D', 'shop.db', '-D', 'blog.db']

describe('several databases in one call', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
    makeDatabase(vault.path('blog.db'), 50)
    await writeFile(vault.path('text.db'), 'no database\n'.repeat(100))
  })
  after(() => vault[Symbol.asyncDispose]())

  for (const mode of [[], ['-a'], ['--async-mode', '--concurrency', '1']]) {
    it(`are each a backup, in the order of the call, under one key (${mode.join(' ') || 'one by one'})`, async () => {
      const output = `two${mode.join('')}`
      const { exit, backups, key } = await vault.json([...TWO, '-e', '-o', output, ...mode])
      assert.equal(exit, 0)
      assert.deepEqual(
        backups.map(({ database, status }) => [database, status]),
        [
          ['shop', 'proven'],
          ['blog', 'proven'],
        ],
      )
      const verified = await vault.json(['verify', '--all', '-o', output], { DBVAULT_KEY: key ?? '' })
      assert.deepEqual([verified.exit, verified.backups.length], [0, 2])
    })
  }

  it('exit with 9 when one of them fails; the others stand, and are printed', async () => {
    const { exit, error, backups } = await vault.json([...TWO, '-D', 'text.db', '-o', 'some', '-a'])
    assert.deepEqual([exit, error?.code], [9, 'SEVERAL_FAILED'])
    assert.match(error?.message ?? '', /^1 of 3 backups failed: /)
    assert.deepEqual(
      backups.map(({ status }) => status),
      ['proven', 'proven', 'failed'],
    )
    assert.equal((await vault.files('some')).length, 4)
    const { exit: again, stdout, stderr } = await vault.run([...TWO, '-D', 'absent.db', '-o', 'some'])
    assert.equal(again, 9)
    assert.equal(stdout.trim().split('\n').length, 2)
    assert.match(stderr, /1 of 3 backups failed.*absent\.db/)
  })

  it('exit with their common code when all fail alike, and with 9 when they fail differently', async () => {
    const argv = (...names: string[]): string[] =>
      ['backup', '--db', 'sqlite', '-o', 'none'].concat(names.flatMap((name) => ['-D', name]))
    assert.equal((await vault.json(argv('absent.db', 'missing.db'))).exit, 3)
    const mixed = await vault.json(argv('absent.db', 'text.db'))
    assert.notEqual(mixed.backups[0]?.error?.code, mixed.backups[1]?.error?.code)
    assert.deepEqual([mixed.exit, await vault.files('none')], [9, []])
  })

  it('show a key that was made once, before the first of them is committed', async () => {
    const { stderr } = await vault.run([...TWO, '-e', '-o', 'keyed', '-a'])
    assert.equal(stderr.match(/[A-Za-z0-9_-]{43}=/g)?.length, 1)
  })
})
