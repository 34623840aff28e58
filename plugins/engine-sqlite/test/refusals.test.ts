import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import engine from '../src/index.ts'
import { dumpTo, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'
import { Workshop } from './support/workshop.ts'

/** Both ways in have to refuse. */
async function refused(database: string, code: string, message: RegExp, busyTimeout = 10_000): Promise<void> {
  using workshop = new Workshop()
  await using host = testHost()
  assert.match(await rejected(engine.probe(at(database, busyTimeout), host), code), message)
  assert.match(await rejected(dumpTo(workshop.path('copy.db'), database, { busyTimeout }), code), message)
}

describe('a source', () => {
  for (const [database, message] of [
    ['', /empty/],
    [':memory:', /no file/],
    ['file:/tmp/x.db?mode=memory', /not a URI/],
    ['FILE::memory:', /not a URI/],
    ['a\0b', /NUL/],
  ] as const) {
    it(`${JSON.stringify(database)} is refused with USAGE`, () => refused(database, 'USAGE', message))
  }

  it('that is absent is not made', async () => {
    using workshop = new Workshop()
    await refused(workshop.path('absent.db'), 'SOURCE_NOT_FOUND', /absent\.db/)
    assert.ok(!existsSync(workshop.path('absent.db')))
  })

  it('that is a directory, a FIFO, a device, an empty file or a dangling or circular link is SOURCE_NOT_FOUND', async () => {
    using workshop = new Workshop()
    mkdirSync(workshop.path('directory'))
    execFileSync('mkfifo', [workshop.path('fifo')])
    writeFileSync(workshop.path('empty'), '')
    symlinkSync(workshop.path('nothing'), workshop.path('dangling'))
    symlinkSync(workshop.path('circle'), workshop.path('circle'))
    for (const name of ['directory', 'fifo', 'empty', 'dangling', 'circle']) {
      await refused(workshop.path(name), 'SOURCE_NOT_FOUND', new RegExp(name))
    }
    await refused('/dev/null', 'SOURCE_NOT_FOUND', /no regular file/)
  })

  it('that is a text, random bytes or an encrypted database is SOURCE_CORRUPT', async () => {
    using workshop = new Workshop()
    const path = workshop.path('text')
    for (const bytes of ['hello\n', 'x'.repeat(100_000), `SQLite format 3\n${'x'.repeat(9000)}`]) {
      writeFileSync(path, bytes)
      await refused(path, 'SOURCE_CORRUPT', /not an SQLite database/)
    }
  })

  it('that is locked for longer than the time-out is SOURCE_UNREACHABLE, and may be tried again', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('locked.db', 'CREATE TABLE t(a)')
    using writer = new DatabaseSync(source)
    writer.exec('BEGIN EXCLUSIVE')
    await refused(source, 'SOURCE_UNREACHABLE', /locked by another process[^]*--sqlite-busy-timeout/, 200)
    writer.exec('COMMIT')
    await dumpTo(workshop.path('copy.db'), source)
  })

  it('whose lock is released within the time-out is dumped', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('locked.db', 'CREATE TABLE t(a)')
    using writer = new DatabaseSync(source)
    writer.exec('BEGIN EXCLUSIVE')
    const dumped = dumpTo(workshop.path('copy.db'), source)
    setTimeout(() => writer.exec('COMMIT'), 300)
    await dumped
  })

  it('that is locked can be given up at once', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('locked.db', 'CREATE TABLE t(a)')
    using writer = new DatabaseSync(source)
    writer.exec('BEGIN EXCLUSIVE')
    await using host = testHost()
    const dumped = dumpTo(workshop.path('copy.db'), source, { host, busyTimeout: 600_000 })
    setTimeout(() => host.abort(), 300)
    await rejected(dumped, 'INTERRUPTED')
  })

  it('with a hot journal is refused with the way to roll it back, and dumped after that', async () => {
    using workshop = new Workshop()
    const live = workshop.sql('live.db', 'CREATE TABLE t(a); INSERT INTO t VALUES (1)')
    const crashed = workshop.path('crashed.db')
    {
      using writer = new DatabaseSync(live)
      writer.exec(
        'PRAGMA cache_size = 1; BEGIN; INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000) SELECT randomblob(900) FROM n',
      )
      copyFileSync(live, crashed)
      copyFileSync(`${live}-journal`, `${crashed}-journal`)
    }
    await refused(crashed, 'SOURCE_UNREACHABLE', /hot journal[^]*PRAGMA schema_version/)
    execFileSync('sqlite3', [crashed, 'PRAGMA schema_version'])
    await dumpTo(workshop.path('copy.db'), crashed)
    assert.equal(
      execFileSync('sqlite3', [workshop.path('copy.db'), 'SELECT count(*) FROM t'], { encoding: 'utf8' }),
      '1\n',
    )
  })
})
