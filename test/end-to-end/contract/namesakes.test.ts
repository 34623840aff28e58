import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { makeDatabase, rowsIn, Vault } from '../../support/vault.ts'

describe('two databases of one name in one place', () => {
  let vault: Vault
  let ids: string[]
  before(async () => {
    vault = await Vault.create()
    for (const [folder, rows] of [
      ['a', 10],
      ['b', 20],
    ] as const) {
      await mkdir(vault.path(folder))
      makeDatabase(vault.path(folder, 'shop.db'), rows)
    }
    const { exit, backups } = await vault.json([
      'backup',
      '--db',
      'sqlite',
      '-D',
      'a/shop.db',
      '-D',
      'b/shop.db',
      '-o',
      'backups',
    ])
    assert.equal(exit, 0)
    ids = backups.map(({ id }) => id)
  })
  after(() => vault[Symbol.asyncDispose]())

  it('have no newest that could be restored: the error names the newest of each', async () => {
    const { exit, error } = await vault.json([
      'restore',
      '--newest',
      '--from-database',
      'shop',
      '-o',
      'backups',
      '-D',
      'new.db',
    ])
    assert.equal(exit, 2)
    for (const id of ids)
      assert.ok(
        error?.hints.some((hint) => hint.includes(id)),
        error?.hints.join('\n'),
      )
    assert.deepEqual(await vault.files('new.db'), [])
  })

  it('are restored by their ids', async () => {
    const { exit } = await vault.json(['restore', ids[0] ?? '', '-o', 'backups', '-D', 'first.db'])
    assert.deepEqual([exit, rowsIn(vault.path('first.db'))], [0, 10])
  })

  it('are both verified by --newest, also of a place that is given by its address', async () => {
    const address = pathToFileURL(vault.path('backups')).href
    const { exit, backups } = await vault.json(['verify', '--newest', address])
    assert.deepEqual([exit, backups.map(({ id }) => id).toSorted()], [0, ids.toSorted()])
  })
})

describe('a copy that was killed before its manifest', () => {
  it('is completed by the next one: the same bytes are not in its way, others are', async () => {
    await using vault = await Vault.create()
    const { id } = await vault.backUp()
    const copy = ['copy', id, '--from', 'backups', '--to', 'copies']
    assert.equal((await vault.json(copy)).exit, 0)
    const [artifact, manifest] = await vault.files('copies')
    await rm(vault.path('copies', 'sqlite', manifest ?? ''))
    assert.equal((await vault.json(copy)).exit, 0)
    assert.deepEqual(await vault.files('copies'), [artifact, manifest])

    await rm(vault.path('copies', 'sqlite', manifest ?? ''))
    await rm(vault.path('copies', 'sqlite', artifact ?? ''))
    makeDatabase(vault.path('copies', 'sqlite', artifact ?? ''), 1)
    const refused = await vault.json(copy)
    assert.equal(refused.exit, 8)
    assert.deepEqual(await vault.files('copies'), [artifact])
  })
})
