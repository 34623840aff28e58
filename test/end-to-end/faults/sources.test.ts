import assert from 'node:assert/strict'
import { appendFile, cp, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { generateFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { rowsIn, Vault } from '../../support/vault.ts'

const APPENDER = `
  const { appendFileSync } = require('node:fs')
  appendFileSync('growing.db', 'x'); process.stdout.write('growing')
  const round = () => { appendFileSync('growing.db', 'more text\\n'); setImmediate(round) }
  round()`

describe('a source that is no sound database', function () {
  this.timeout(60_000)
  let vault: Vault
  before(async () => {
    vault = await Vault.create(2000)
  })
  after(() => vault[Symbol.asyncDispose]())

  async function assertRefused(database: string, exits: readonly number[]): Promise<void> {
    const { exit, error } = await vault.json(['backup', '--db', 'sqlite', '-D', database, '-o', 'never'])
    assert.ok(exits.includes(exit), `${exit} ${error?.code}: ${error?.message}`)
    assert.deepEqual(await vault.files('never'), [])
  }

  it('is refused when it is a text, a directory, or not there', async () => {
    await writeFile(vault.path('text.db'), 'just a text\n'.repeat(500))
    await mkdir(vault.path('folder.db'))
    await assertRefused('text.db', [3, 4])
    await assertRefused('folder.db', [3, 4])
    await assertRefused('absent.db', [3])
  })

  it('is not backed up as good when pages of it are damaged: exit code 4', async () => {
    const whole = await readFile(vault.path('shop.db'))
    let found = 0
    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      await writeFile(vault.path('corrupt.db'), whole)
      const file = await open(vault.path('corrupt.db'), 'r+')
      const page = Math.floor((whole.length / 4096) * part)
      await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096)
      await file.close()
      await assertRefused('corrupt.db', [4])
      found += 1
    }
    assert.equal(found, 4)
  })

  it('is not backed up as good when its end is cut off: exit code 4', async () => {
    const whole = await readFile(vault.path('shop.db'))
    for (const bytes of [
      whole.length - 1,
      whole.length - 60,
      whole.length - 100,
      whole.length - 4096,
      whole.length >> 1,
      4096,
      100,
      50,
    ]) {
      await writeFile(vault.path('cut.db'), whole.subarray(0, bytes))
      await assertRefused('cut.db', [3, 4])
    }
  })

  it('is told when it is empty: there is nothing to back up, or a backup of nothing that proves equal', async () => {
    await writeFile(vault.path('empty.db'), '')
    const { exit, backups } = await vault.json(['backup', '--db', 'sqlite', '-D', 'empty.db', '-o', 'empty'])
    if (exit === 0) assert.equal(backups[0]?.status, 'proven')
    else assert.deepEqual(await vault.files('empty'), [])
  })

  it('is refused while a stranger appends text to it', async () => {
    await writeFile(vault.path('growing.db'), '')
    const appender = spawn(process.execPath, ['-e', APPENDER], {
      cwd: vault.path(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(appender.stdout, 'data')
      await assertRefused('growing.db', [3, 4])
    } finally {
      appender.kill('SIGKILL')
      await once(appender, 'close')
    }
  })

  it('is refused with its WAL gone bad, or backed up as SQLite itself reads it', async () => {
    await cp(vault.path('shop.db'), vault.path('wal.db'))
    await writeFile(vault.path('wal.db-wal'), Buffer.alloc(10_000, 7))
    const { exit } = await vault.json(['backup', '--db', 'sqlite', '-D', 'wal.db', '-o', 'wal'])
    assert.equal(exit, 0)
    const restored = await vault.json(['restore', '--newest', '-o', 'wal', '-D', 'wal-again.db'])
    assert.equal(restored.exit, 0)
    assert.equal(rowsIn(vault.path('wal-again.db')), 2000)
  })
})

describe('what is no backup', function () {
  this.timeout(60_000)
  let vault: Vault
  let key = ''
  before(async () => {
    vault = await Vault.create()
    key = generateFernetKey()
    await writeFile(vault.path('vault.key'), key)
    await writeFile(vault.path('empty'), '')
    await writeFile(vault.path('text'), 'just a text\n'.repeat(500))
    await writeFile(vault.path('short.key'), key.slice(0, -5))
    await writeFile(vault.path('other.key'), generateFernetKey())
  })
  after(() => vault[Symbol.asyncDispose]())

  for (const file of ['empty', 'text', 'vault.key', 'growing']) {
    it(`fails verify, restore and decrypt with exit code 7 when it is: ${file}`, async () => {
      const grower =
        file === 'growing' ? setInterval(() => void appendFile(vault.path('growing'), 'more\n'), 5) : undefined
      if (grower) await writeFile(vault.path('growing'), 'more\n')
      try {
        for (const argv of [
          ['verify', file],
          ['restore', file, '-D', 'never.db'],
          ['decrypt', '-f', file, '-o', 'never'],
        ]) {
          const { exit, error } = await vault.json([...argv, '--key-file', 'vault.key'])
          assert.deepEqual([exit, error?.code], [7, 'ARTIFACT_FOREIGN'], argv[0])
        }
      } finally {
        clearInterval(grower)
      }
      assert.ok(!(await vault.files('.')).some((name) => name.startsWith('never')))
    })
  }

  it('fails with 2 for a key of a wrong length and with 7 for that of another backup; nothing is left', async () => {
    const { artifact } = await vault.backUp('--key-file', 'vault.key')
    for (const argv of [
      ['verify', artifact],
      ['restore', artifact, '-D', 'never.db'],
      ['decrypt', '-f', artifact, '-o', 'never'],
      ['show', artifact],
    ]) {
      const short = await vault.json([...argv, '--key-file', 'short.key'])
      assert.deepEqual([short.exit, short.error?.code], [2, 'KEY_INVALID'], argv[0])
      const other = await vault.json([...argv, '--key-file', 'other.key'])
      assert.deepEqual([other.exit, other.error?.code], [7, 'KEY_WRONG'], argv[0])
    }
    assert.ok(!(await vault.files('.')).some((name) => name.startsWith('never')))
    const mixed = await vault.backUp('--key-file', 'other.key')
    const all = await vault.json(['verify', '--all', '-o', 'backups', '--key-file', 'vault.key'])
    assert.equal(all.exit, 9)
    assert.deepEqual(
      all.backups.map(({ id, error }) => [id === mixed.id, error?.code]),
      [
        [true, 'KEY_WRONG'],
        [false, undefined],
      ],
    )
  })
})
