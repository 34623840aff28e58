import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { linkCloud } from '../../support/clouds.ts'
import { type Document, Vault } from '../../support/vault.ts'

interface Check {
  readonly area: string
  readonly name: string
  readonly outcome: string
  readonly detail: string
  readonly error?: { readonly code: string }
}

describe('doctor', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
    await linkCloud(vault, 'folder')
  })
  after(() => vault[Symbol.asyncDispose]())

  const checksOf = (document: Document): readonly Check[] => document['checks'] as Check[]

  it('examines this machine alone where nothing else is named', async () => {
    const found = await vault.json(['doctor'])
    assert.equal(found.exit, 0)
    assert.deepEqual([...new Set(checksOf(found).map(({ area }) => area))], ['machine'])
    assert.match((await vault.run(['doctor'])).stdout, /^This machine\n {2}ok {2}plugins +.*sqlite/)
  })

  it('tells of each plugin what it adds and may do, as plugins inspect does', async () => {
    const { plugins } = (await vault.json(['doctor'])) as unknown as {
      plugins: { selectedBy: string; mayDo: string[] }[]
    }
    const inspected = await vault.json(['plugins', 'inspect', 'sqlite', 'folder'])
    assert.deepEqual(
      plugins.filter(({ selectedBy }) => /=(sqlite|folder)$/.test(selectedBy)),
      inspected['plugins'],
    )
    assert.ok(plugins.every(({ mayDo }) => mayDo.length > 0))
    const { stdout } = await vault.run(['doctor'])
    assert.match(
      stdout,
      /\n\nPlugins\n[^]* --cloud=folder +dbvault-storage-folder 1\.0\.0 \(linked\) +folder:\/\/…; 2 flags\n/,
    )
    assert.match(stdout, /Each runs only when it is chosen/)
    for (const line of inspected['plugins'] as { mayDo: string[] }[])
      assert.ok((await vault.run(['plugins', 'inspect', 'folder'])).stdout.includes(String(line.mayDo[1])))
  })

  it('examines source and places as a backup would use them, and leaves nothing there', async () => {
    await mkdir(vault.path('near'))
    await mkdir(vault.path('far'))
    const argv = [
      'doctor',
      '--db',
      'sqlite',
      '-D',
      'shop.db',
      '-o',
      'near',
      '--cloud',
      'folder',
      '--folder-path',
      'far',
    ]
    const found = await vault.json(argv)
    assert.equal(found.exit, 0, found.error?.message)
    assert.ok(checksOf(found).every(({ outcome }) => outcome === 'ok'))
    assert.equal(checksOf(found).filter(({ name }) => name === 'refuse to overwrite').length, 2)
    assert.deepEqual([await vault.files('near'), await vault.files('far')], [[], []])
    assert.deepEqual(Object.keys(checksOf(found)[0] ?? {}), ['area', 'subject', 'name', 'outcome', 'detail'])
  })

  it('makes no directory that is not there yet', async () => {
    const { exit, stdout } = await vault.run(['doctor', '-o', 'nowhere'])
    assert.equal(exit, 0)
    assert.match(stdout, /- +write +not tried: it does not exist yet/)
    assert.ok(!(await vault.files('.')).some((name) => name.includes('nowhere')))
  })

  it('exits with what a backup would exit with, or with 9 for failures of several kinds, and shows all checks', async () => {
    const source = await vault.json(['doctor', '--db', 'sqlite', '-D', 'none.db'])
    assert.deepEqual([source.exit, source.error?.code], [3, 'SOURCE_NOT_FOUND'])
    await writeFile(vault.path('a-file'), '')
    const place = ['--cloud', 'folder', '--folder-path', 'a-file/x']
    const storage = await vault.json(['doctor', ...place])
    assert.deepEqual([storage.exit, storage.error?.code], [6, 'STORAGE_FAILED'])
    const { exit, stdout, stderr } = await vault.run(['doctor', '--db', 'sqlite', '-D', 'none.db', ...place])
    assert.equal(exit, 9)
    assert.match(stdout, /FAILED +login[^]*FAILED +write/)
    assert.match(stderr, /^Error: 2 of \d+ checks failed\n/)
    assert.equal((await vault.json(['doctor', '-D', 'shop.db'])).exit, 2)
    assert.equal((await vault.json(['doctor', 'folder://far', '--cloud', 'none'])).exit, 10)
  })
})
