import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import engine from '../src/index.ts'
import { everything } from './support/everything.ts'
import { dumpTo, proveFile, restoreFile } from './support/exam.ts'
import { at } from './support/harness.ts'
import { sqlOf, Workshop } from './support/workshop.ts'
import { startWriter } from './support/writer.ts'

const BANK = `
  CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
  CREATE TABLE entry(id INTEGER PRIMARY KEY, amount INTEGER, note BLOB);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO account SELECT i, 1000 FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 8000) INSERT INTO entry SELECT i, 0, randomblob(2000) FROM n;
`

describe('a dump', () => {
  for (const mode of ['WAL', 'DELETE', 'TRUNCATE', 'PERSIST']) {
    it(`is of one moment while another process writes in journal mode ${mode}`, async () => {
      using workshop = new Workshop()
      const source = workshop.sql('bank.db', `PRAGMA journal_mode = ${mode}; ${BANK}`)
      using writer = await startWriter(source)
      const copy = workshop.path('copy.db')
      for (let round = 0; round < 3; round++) {
        // Where a disk is slow, its lock is free for less than a thousandth of the time.
        const fingerprint = await dumpTo(copy, source, { busyTimeout: 50_000 })
        assert.deepEqual((await proveFile(copy, fingerprint)).outcome, 'equal')
        assert.equal(
          execFileSync('sqlite3', [copy, 'SELECT sum(amount) FROM account'], { encoding: 'utf8' }),
          '500000\n',
        )
      }
      assert.ok((await writer.stop()) > 0)
    })
  }

  it('has all rows of a WAL database whose main file is nearly empty', async () => {
    using workshop = new Workshop()
    const source = workshop.path('wal.db')
    using open = new DatabaseSync(source)
    open.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${everything}`)
    assert.ok(statSync(source).size <= 4096)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    await restoreFile(workshop.path('copy.db'), workshop.path('restored.db'), { expected: fingerprint })
    assert.equal(sqlOf(workshop.path('restored.db')), sqlOf(source))
  })

  it('has the committed rows of a WAL database whose writer was killed', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('crashed.db', `PRAGMA journal_mode = WAL; ${BANK}`)
    const script = fileURLToPath(new URL('./support/writer.mjs', import.meta.url))
    const writer = fork(script, [source], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    await once(writer, 'message')
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    assert.ok(existsSync(`${source}-wal`))
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.equal((await proveFile(workshop.path('copy.db'), fingerprint)).outcome, 'equal')
    assert.equal(sqlOf(workshop.path('copy.db')), sqlOf(source))
  })

  for (const [what, settings] of [
    ['the smallest pages', 'PRAGMA page_size = 512'],
    ['the largest pages', 'PRAGMA page_size = 65536'],
    ['UTF-16le', `PRAGMA encoding = 'UTF-16le'`],
    ['UTF-16be', `PRAGMA encoding = 'UTF-16be'`],
    ['full auto-vacuum', 'PRAGMA auto_vacuum = 1'],
    ['incremental auto-vacuum', 'PRAGMA auto_vacuum = 2'],
  ] as const) {
    it(`of everything with ${what} restores to the same`, async () => {
      using workshop = new Workshop()
      const source = workshop.sql('source.db', `${settings}; ${everything}`)
      const fingerprint = await dumpTo(workshop.path('copy.db'), source)
      const restored = workshop.path('restored.db')
      const report = await restoreFile(workshop.path('copy.db'), restored, { expected: fingerprint })
      assert.equal(report.outcome, 'equal')
      assert.equal(sqlOf(restored), sqlOf(source))
      assert.deepEqual(readFileSync(restored), readFileSync(workshop.path('copy.db')))
    })
  }

  it('of a database without tables is proven equal', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('bare.db', 'PRAGMA user_version = 7; CREATE TABLE x(y); DROP TABLE x')
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.deepEqual(await proveFile(workshop.path('copy.db'), fingerprint), {
      outcome: 'equal',
      compared: { tables: 0, rows: 0 },
    })
  })

  it('of 9,000 tables is proven equal', async () => {
    using workshop = new Workshop()
    const tables = Array.from({ length: 9000 }, (_, i) => `CREATE TABLE t${i}(a); INSERT INTO t${i} VALUES (${i});`)
    const source = workshop.sql('many.db', `BEGIN; ${tables.join('')} COMMIT`)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.deepEqual((await proveFile(workshop.path('copy.db'), fingerprint)).compared, { tables: 9000, rows: 9000 })
  })

  it('of a row with 64 MiB is proven equal', async () => {
    using workshop = new Workshop()
    const source = workshop.sql(
      'row.db',
      'CREATE TABLE t(b, t); INSERT INTO t VALUES (randomblob(67108864), hex(randomblob(9000000)))',
    )
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.equal((await proveFile(workshop.path('copy.db'), fingerprint)).outcome, 'equal')
  })

  it('follows a symbolic link to the file beside which the -wal lies', async () => {
    using workshop = new Workshop()
    const source = workshop.path('real.db')
    using open = new DatabaseSync(source)
    open.exec('PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)')
    symlinkSync(source, workshop.path('link.db'))
    const fingerprint = await dumpTo(workshop.path('copy.db'), workshop.path('link.db'))
    assert.deepEqual((await proveFile(workshop.path('copy.db'), fingerprint)).compared, { tables: 1, rows: 2 })
  })

  it('has no name on disk any more while it is being streamed', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', everything)
    await using host = testHost()
    await using dump = engine.dump({ source: at(source), fingerprint: false }, host)
    for await (const { bytes } of dump.members) {
      for await (const chunk of bytes) {
        assert.ok(chunk.length > 0)
        assert.deepEqual(
          filesBelow(host.tempRoot).filter((name) => name.endsWith('.db')),
          [],
        )
      }
    }
  })

  it('keeps the source byte for byte', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', everything)
    copyFileSync(source, workshop.path('before.db'))
    await dumpTo(workshop.path('copy.db'), source)
    assert.deepEqual(readFileSync(source), readFileSync(workshop.path('before.db')))
    for (const suffix of ['-wal', '-shm', '-journal']) assert.ok(!existsSync(source + suffix))
  })
})

function filesBelow(directory: string): string[] {
  return execFileSync('find', [directory, '-type', 'f'], { encoding: 'utf8' }).split('\n')
}
