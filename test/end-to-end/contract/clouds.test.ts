import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { linkCloud } from '../../support/clouds.ts'
import { makeDatabase, rowsIn, Vault } from '../../support/vault.ts'

const KEY = ['--key-file', 'vault.key']
const SHOP = ['backup', '--db', 'sqlite', '-D', 'shop.db']

describe('a cloud', () => {
  let vault: Vault
  const inFolder = (path: string, ...more: string[]): string[] => ['--cloud', 'folder', '--folder-path', path, ...more]
  const address = (...parts: string[]): string =>
    `folder://${encodeURIComponent(vault.path(parts[0] ?? ''))}/${parts.slice(1).map(encodeURIComponent).join('/')}`
  before(async () => {
    vault = await Vault.create()
    await linkCloud(vault, 'folder')
    await linkCloud(vault, 'shelf')
    await vault.run(['keygen', '-s', 'vault.key'])
  })
  after(() => vault[Symbol.asyncDispose]())

  it('takes a backup without a local file, and every command finds it by the cloud and by its address', async () => {
    const made = await vault.json([...SHOP, ...inFolder('far'), ...KEY])
    assert.equal(made.exit, 0, made.error?.message)
    const [backup] = made.backups
    assert.deepEqual([backup?.status, backup?.locations.length], ['proven', 1])
    const id = backup?.id ?? ''
    const at = backup?.locations[0]?.address ?? ''
    assert.ok(at.startsWith(address('far', 'sqlite')), at)
    assert.deepEqual(
      (await readdir(vault.path())).filter((name) => name.includes(id)),
      [],
    )

    for (const place of [inFolder('far'), [address('far')], [address('far', '')], [address('far', 'sqlite')]]) {
      const { backups } = await vault.json(['list', ...place, ...KEY])
      assert.deepEqual(
        backups.map((one) => [one.id, one.status, one.address]),
        [[id, 'proven', at]],
        place.join(' '),
      )
    }
    const key = decodeURIComponent(at.slice(at.indexOf('sqlite')))
    for (const named of [[id, ...inFolder('far')], [key, ...inFolder('far')], [at], [`${at}.json`]]) {
      const shown = await vault.json(['show', ...named, ...KEY])
      assert.deepEqual([shown.exit, shown['address'], shown['trust']], [0, at, 'authentic'], named.join(' '))
      const verified = await vault.json(['verify', ...named, ...KEY])
      assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'], named.join(' '))
    }
    assert.equal((await vault.json(['verify', '--all', address('far'), ...KEY])).exit, 0)
    for (const [target, named] of [
      ['one.db', [id, ...inFolder('far')]],
      ['two.db', [at]],
      ['three.db', ['--newest', ...inFolder('far')]],
    ] as const) {
      const restored = await vault.json(['restore', ...named, '-D', target, ...KEY])
      assert.equal(restored.exit, 0, restored.error?.message)
      assert.equal(rowsIn(vault.path(target)), 200)
    }
    const decrypted = await vault.json(['decrypt', '-f', at, ...KEY])
    assert.equal(decrypted['file'], vault.path(key.replace('sqlite/', '').replace(/\.enc$/, '')))
    const copied = await vault.json(['copy', id, '--from', address('far'), '--to', address('farther', 'kept')])
    assert.equal(copied.exit, 0, copied.error?.message)
    assert.equal((await vault.json(['verify', '--all', address('farther', 'kept'), ...KEY])).exit, 0)
  })

  it('is not read twice for a restore: a wrong key or a cut artifact leaves the target untouched', async () => {
    const { backups } = await vault.json([...SHOP, ...inFolder('spool'), ...KEY])
    const at = backups[0]?.locations[0]?.address ?? ''
    await vault.run(['keygen', '-s', 'other.key'])
    const wrong = await vault.json(['restore', at, '-D', 'never.db', '--key-file', 'other.key'])
    assert.deepEqual([wrong.exit, wrong.error?.code], [7, 'KEY_WRONG'])
    const [name = ''] = await readdir(vault.path('spool', 'sqlite'))
    const file = vault.path('spool', 'sqlite', name)
    await writeFile(file, (await readFile(file)).subarray(0, -100))
    const cut = await vault.json(['restore', at, '-D', 'never.db', ...KEY])
    assert.equal(cut.exit, 7)
    assert.ok(!(await vault.files('.')).includes('never.db'))
  })

  it('takes a database of any name, and finds it again by the address that it printed', async () => {
    const name = 'my db+é%20#?.db'
    makeDatabase(vault.path(name), 7)
    const { exit, stdout } = await vault.run(['backup', '--db', 'sqlite', '-D', name, ...inFolder('odd names')])
    assert.equal(exit, 0)
    const at = /→ (\S+) \(/.exec(stdout)?.[1] ?? ''
    assert.equal((await vault.json(['verify', at])).exit, 0, at)
    assert.equal((await vault.json(['restore', at, '-D', 'odd.db'])).exit, 0)
    assert.equal(rowsIn(vault.path('odd.db')), 7)
  })

  it('takes an exact name, which is then the backup itself; a second one under it is refused', async () => {
    const exact = inFolder('exact', '--folder-object', 'shop nightly.db')
    assert.equal((await vault.json([...SHOP, ...exact, ...KEY])).exit, 0)
    assert.deepEqual(await vault.files('exact'), ['shop nightly.db', 'shop nightly.db.json'])
    const again = await vault.json([...SHOP, ...exact, ...KEY])
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await vault.files('exact'), ['shop nightly.db', 'shop nightly.db.json'])
    for (const command of [['verify'], ['show'], ['restore', '-D', 'exact.db']]) {
      const { exit, error } = await vault.json([...command, ...exact, ...KEY])
      assert.equal(exit, 0, `${command.join(' ')}: ${error?.message}`)
    }
    assert.equal((await vault.json(['list', ...exact])).backups.length, 1)
  })

  it('keeps folders apart whose names start alike', async () => {
    for (const folder of ['night/', 'nightly/']) {
      assert.equal((await vault.json([...SHOP, ...inFolder('apart', '--folder-object', folder)])).exit, 0)
    }
    for (const folder of ['night', 'night/', 'nightly', 'nightly/']) {
      const { backups } = await vault.json(['list', address('apart', ...folder.split('/'))])
      assert.deepEqual([backups.length, backups[0]?.address.includes(folder)], [1, true], folder)
    }
    assert.equal((await vault.json(['list', ...inFolder('apart')])).backups.length, 2)
    assert.equal((await vault.json(['list', ...inFolder('apart', '--folder-object', 'nig')])).backups.length, 0)
  })

  it('is one of several places of one backup, and one that fails does not spoil the others', async () => {
    await writeFile(vault.path('a-file'), '')
    const shelf = (path: string): string[] => ['--cloud', 'shelf', '--shelf-path', path]
    const both = await vault.json([...SHOP, '-o', 'near', ...inFolder('first'), ...shelf('second'), ...KEY])
    assert.equal(both.exit, 0, both.error?.message)
    assert.deepEqual(
      both.backups[0]?.locations.map(({ status, address: at }) => [status, at.split(':')[0]]),
      [
        ['stored', 'file'],
        ['stored', 'folder'],
        ['stored', 'shelf'],
      ],
    )
    for (const near of [['-o', 'near2'], []]) {
      const some = await vault.json([...SHOP, ...near, ...inFolder('a-file/x'), ...shelf('third'), ...KEY])
      assert.deepEqual([some.exit, some.error?.code, some.backups[0]?.status], [9, 'SEVERAL_FAILED', 'proven'])
      assert.deepEqual(
        some.backups[0]?.locations.map(({ status }) => status),
        [...near.slice(1).map(() => 'stored'), 'failed', 'stored'],
      )
    }
    assert.equal((await vault.json(['verify', '--all', ...shelf('third'), ...KEY])).exit, 0)
    const from = await vault.json([...SHOP, '-o', 'near3', ...shelf('fourth'), '--prove-from', 'shelf'])
    assert.equal(from.exit, 0, from.error?.message)
    assert.match(
      (await vault.json([...SHOP, ...shelf('x'), '--prove-from', 'local'])).error?.message ?? '',
      /none of the places/,
    )
  })

  it('is named once, and wins over what is only exported', async () => {
    const refused = async (argv: readonly string[], message: RegExp): Promise<void> => {
      const { exit, error } = await vault.json(argv)
      assert.equal(exit, 2, argv.join(' '))
      assert.match(error?.message ?? '', message)
    }
    await refused([...SHOP, ...inFolder('x'), '-c', 'folder'], /--cloud=folder was given twice/)
    await refused([...SHOP, '-o', address('x')], /-o names a directory .* is an address/)
    await refused(['list', 'folder:///x'], /names no container/)
    await refused(['list', address('x', '100%').replace('%25', '%')], /has a % that/)
    await refused(['show', ...inFolder('far')], /Which backup is meant/)
    await refused(['list', '-o', 'near', ...inFolder('far')], /More than one place/)
    const exported = { DBVAULT_OUTPUT: 'near', DBVAULT_CLOUD: 'shelf', DBVAULT_SHELF_PATH: vault.path('second') }
    const { exit, backups } = await vault.json(['list', ...inFolder('far')], exported)
    assert.deepEqual([exit, backups.length], [0, 1])
    assert.equal((await vault.json(['list', address('far')], exported)).backups.length, 1)
    await rm(vault.path('a-file'))
  })
})
