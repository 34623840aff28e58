import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rowsIn, Vault } from '../../support/vault.ts'

const SHOP = ['backup', '--db', 'sqlite', '-D', 'shop.db', '-o', 'backups']

/** `faketime` moves the clock of one process; not every machine has it. */
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find(existsSync)

/** Inserts rows, each in a transaction of its own, for as long as it lives. */
const WRITER = `
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync('shop.db', { timeout: 10000 })
  database.exec('PRAGMA journal_mode = WAL')
  const insert = database.prepare("INSERT INTO item (name, bytes) VALUES ('late', randomblob(80))")
  insert.run()
  process.stdout.write('writing')
  const round = () => { for (let row = 0; row < 20; row++) insert.run(); setImmediate(round) }
  round()`

describe('runs beside each other', function () {
  this.timeout(120_000)
  let vault: Vault
  beforeEach(async () => {
    vault = await Vault.create(5000)
  })
  afterEach(() => vault[Symbol.asyncDispose]())

  it('into one directory both succeed, as do four', async () => {
    for (const count of [2, 4]) {
      const runs = await Promise.all(Array.from({ length: count }, () => vault.json(SHOP)))
      assert.deepEqual(
        runs.map(({ exit }) => exit),
        runs.map(() => 0),
      )
    }
    const { exit, backups } = await vault.json(['verify', '--all', '-o', 'backups'])
    assert.deepEqual([exit, backups.length, (await vault.files('backups')).length], [0, 6, 18])
  })

  it('with a writer that never pauses are proven, and hold what was committed at one moment', async () => {
    const writer = spawn(process.execPath, ['-e', WRITER], { cwd: vault.path(), stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(writer.stdout, 'data')
      for (let run = 0; run < 3; run++) {
        const { artifact } = await vault.backUp()
        const { exit, restore } = await vault.json(['restore', artifact, '-D', `moment-${run}.db`])
        assert.equal(exit, 0)
        const { rows } = (restore as { restored: { rows: number } }).restored
        assert.equal(rowsIn(vault.path(`moment-${run}.db`)), rows)
        assert.ok(rows > 5000)
      }
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'close')
    }
  })

  it('after the clock was set back succeed, and the newest by its own time is the newest', async function () {
    if (FAKETIME === undefined) {
      if (process.env['DBVAULT_REQUIRE_ALL'] === '1') throw new Error('This test needs the Debian package faketime')
      this.skip()
    }
    const clock = { LD_PRELOAD: FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
    const now = execFileSync(process.execPath, ['-p', 'new Date().getFullYear()'], {
      env: { ...process.env, ...clock, FAKETIME: '@2019-05-05 05:05:05' },
    })
    assert.equal(now.toString().trim(), '2019')
    const ids: string[] = []
    for (const FAKETIME of ['@2031-01-01 00:00:00', '@2019-01-01 00:00:00', '@2031-01-01 00:00:00']) {
      const { exit, backups, error } = await vault.json(SHOP, { ...clock, FAKETIME })
      assert.equal(exit, 0, error?.message)
      ids.push(backups[0]?.id ?? '')
    }
    assert.equal(new Set(ids).size, 3)
    const { exit, backups } = await vault.json(['verify', '--all', '-o', 'backups'])
    assert.deepEqual([exit, backups.length], [0, 3])
    assert.equal(backups[2]?.id, ids[1])
    const again = await vault.json(['verify', '--newest', '-o', 'backups'], {
      ...clock,
      FAKETIME: '@2001-01-01 00:00:00',
    })
    assert.equal(again.exit, 0)
    const list = await vault.json(['list', '-o', 'backups'])
    assert.equal((list['damaged'] as object[]).length, 0)
  })
})
