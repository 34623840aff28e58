import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { access, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Vault } from '../support/vault.ts'
import { finished } from './dbvault-process.ts'

describe('dbvault refuses', () => {
  let vault: Vault
  before(async () => {
    vault = await Vault.create()
  })
  after(() => vault[Symbol.asyncDispose]())

  it('to restore over an artifact or a manifest, that of the backup itself included', async () => {
    const [one, other] = [await vault.backUp(), await vault.backUp()]
    const before = await readFile(one.artifact)
    for (const target of [one.artifact, `${one.artifact}.json`]) {
      for (const source of [one.artifact, other.artifact]) {
        const { exit, error } = await vault.json(['restore', source, '-D', target, '--replace'])
        assert.deepEqual([exit, error?.code], [8, 'TARGET_NOT_EMPTY'])
      }
    }
    assert.deepEqual(await readFile(one.artifact), before)
    assert.equal((await vault.run(['verify', one.artifact])).exit, 0)
  })

  it('to restore over an artifact without a manifest that it is reading', async () => {
    await writeFile(vault.path('bare.gz'), await readFile((await vault.backUp()).artifact))
    const { exit, error } = await vault.json(['restore', 'bare.gz', '-D', 'bare.gz', '--replace', '--db', 'sqlite'])
    assert.deepEqual([exit, error?.code], [8, 'TARGET_NOT_EMPTY'])
  })

  it('to copy into a file, and takes the name of a directory with or without its slash', async () => {
    const { id } = await vault.backUp()
    await writeFile(vault.path('file'), '')
    const { exit, error } = await vault.json(['copy', id, '--from', 'backups', '--to', 'file'])
    assert.deepEqual([exit, error?.code], [6, 'STORAGE_FAILED'])
    assert.match(error?.message ?? '', /file is not a directory/)
    for (const to of ['plain', 'slash/']) {
      const document = await vault.json(['copy', id, '--from', 'backups', '--to', to])
      assert.match(String(document.backups[0]?.['to']), /\/(plain|slash)\/sqlite\/shop-/)
    }
  })

  it('an output that exists before it reads what is to be decrypted', async () => {
    await vault.run(['keygen', '-s', 'vault.key'])
    await vault.run(['keygen', '-s', 'other.key'])
    const { artifact } = await vault.backUp('--key-file', 'vault.key')
    await writeFile(vault.path('there.gz'), 'mine')
    const argv = ['decrypt', '-f', artifact, '--key-file', 'other.key', '-o', 'there.gz']
    const { exit, error } = await vault.json(argv)
    assert.deepEqual([exit, error?.code], [8, 'OBJECT_EXISTS'])
    assert.equal(await readFile(vault.path('there.gz'), 'utf8'), 'mine')
  })

  it('to take an address without a file for a directory', async () => {
    const address = pathToFileURL(vault.path('absent/shop.db.gz')).href
    const { exit, error } = await vault.json(['restore', address, '-D', 'never.db'])
    assert.deepEqual([exit, error?.message], [2, `No file can be seen at ${address}`])
  })

  it('to keep a key in a directory that is not there', async () => {
    const { exit, error } = await vault.json(['keygen', '-s', 'absent/vault.key'])
    assert.deepEqual([exit, error?.message], [2, 'The directory of absent/vault.key (--save) does not exist'])
  })

  it('to make a key that would be shown to nobody', async () => {
    const dbvault = `"${process.execPath}" "${fileURLToPath(new URL('../../bin/run.js', import.meta.url))}"`
    const code = (command: string): number | null =>
      spawnSync('/bin/sh', ['-c', command], { cwd: vault.path(), stdio: 'ignore' }).status
    const backup = `${dbvault} backup --db sqlite -D shop.db -o unseen -e`
    for (const nowhere of ['2>/dev/null', '2>&-', '--json >/dev/null 2>&1']) {
      assert.equal(code(`${backup} ${nowhere}`), 2, nowhere)
    }
    await assert.rejects(access(vault.path('unseen')))
    for (const seen of ['2>shown', '--json >shown 2>/dev/null', '--save-key saved 2>/dev/null']) {
      assert.equal(code(`${backup} ${seen}`), 0, seen)
    }
  })

  it('to call it a success when all databases are none', async () => {
    const none =
      'const engine = (await import("./whole.js")).default\nengine.databases = async function* () {}\nexport default engine\n'
    const plugin = '../fixtures/plugins/dbvault-engine-lines/index.js'
    const whole = await readFile(new URL(plugin, import.meta.url), 'utf8')
    await vault.user.link('dbvault-engine-lines', { 'index.js': none, 'whole.js': whole })
    const child = vault.user.start(['backup', '--db', 'lines', '--all-databases', '-o', 'backups', '--json'])
    const { exit, stdout } = await finished(child)
    assert.equal(exit, 3)
    assert.match(stdout, /SOURCE_NOT_FOUND/)
  })
})
