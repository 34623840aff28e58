import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import engine from '../src/index.ts'
import { dumpTo, proveFile, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'
import { Workshop } from './support/workshop.ts'

const ROWS = `
  CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000)
  INSERT INTO t SELECT i, 'name ' || i, 'body of ' || i || ' ' || hex(zeroblob(200)) FROM n;
  CREATE INDEX by_name ON t(name);
`

function query(path: string, sql: string): string {
  return execFileSync('sqlite3', [path, sql], { encoding: 'utf8' }).trim()
}

/** Overwrites a page in the middle of what an object of the schema owns. */
function spoilPage(path: string, object: string): void {
  const pages = query(path, `SELECT pageno FROM dbstat WHERE name = '${object}' AND pagetype = 'leaf'`).split('\n')
  const page = Number(pages[Math.floor(pages.length / 2)])
  const bytes = readFileSync(path)
  bytes.fill(0xa5, (page - 1) * 4096, (page - 1) * 4096 + 300)
  writeFileSync(path, bytes)
}

describe('damage in a source', () => {
  for (const object of ['t', 'by_name']) {
    it(`in a page of ${object} is SOURCE_CORRUPT when it is probed`, async () => {
      using workshop = new Workshop()
      const source = workshop.sql('source.db', ROWS)
      spoilPage(source, object)
      await using host = testHost()
      assert.match(await rejected(engine.probe(at(source), host), 'SOURCE_CORRUPT'), /damaged/)
    })
  }

  it('in a page of rows is SOURCE_CORRUPT when its fingerprint is read, and names the table', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    spoilPage(source, 't')
    const said = await rejected(dumpTo(workshop.path('copy.db'), source), 'SOURCE_CORRUPT')
    assert.match(said, /in table "t"[^]*\.recover/)
  })

  it('in an index, which no reading of rows finds, is SOURCE_CORRUPT when the copy is proven', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    spoilPage(source, 'by_name')
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    const proof = proveFile(workshop.path('copy.db'), fingerprint, { source: at(source) })
    assert.match(await rejected(proof, 'SOURCE_CORRUPT'), /REINDEX/)
    await rejected(proveFile(workshop.path('copy.db'), fingerprint), 'PROOF_FAILED')
  })

  it('in an index that is whole, but not of its table, is SOURCE_CORRUPT when the copy is proven', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    // What stands in the index are names, and it now says that they are bodies. Only integrity_check compares them.
    const retold = `UPDATE sqlite_schema SET sql = 'CREATE INDEX by_name ON t(body)' WHERE name = 'by_name'`
    query(source, `PRAGMA writable_schema = ON; ${retold}`)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    const proof = proveFile(workshop.path('copy.db'), fingerprint, { source: at(source) })
    assert.match(await rejected(proof, 'SOURCE_CORRUPT'), /REINDEX/)
  })

  it('that cuts its file is SOURCE_CORRUPT', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    truncateSync(source, 40 * 4096)
    await using host = testHost()
    await rejected(engine.probe(at(source), host), 'SOURCE_CORRUPT')
    await rejected(dumpTo(workshop.path('copy.db'), source), 'SOURCE_CORRUPT')
  })
})

describe('damage in what is stored', () => {
  it('of one bit in one cell is a difference that names the table and no row data', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    const copy = workshop.path('copy.db')
    const fingerprint = await dumpTo(copy, source)
    const bytes = readFileSync(copy)
    const place = bytes.indexOf('body of 1500 ')
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place)
    writeFileSync(copy, bytes)
    const proof = await proveFile(copy, fingerprint)
    assert.equal(proof.outcome, 'different')
    assert.deepEqual(proof.differences, ['table "t" has the right number of rows, but other content'])
  })

  it('of a b-tree page is PROOF_FAILED while the source is sound', async () => {
    using workshop = new Workshop()
    const source = workshop.sql('source.db', ROWS)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    spoilPage(workshop.path('copy.db'), 't')
    await rejected(proveFile(workshop.path('copy.db'), fingerprint, { source: at(source) }), 'PROOF_FAILED')
  })
})

describe('what a source has that is odd but its own', () => {
  it('rows that refer to nothing are backed up with a warning', async () => {
    using workshop = new Workshop()
    const source = workshop.sql(
      'source.db',
      'PRAGMA foreign_keys = OFF; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id)); INSERT INTO c VALUES (7)',
    )
    await using host = testHost()
    const fingerprint = await dumpTo(workshop.path('copy.db'), source, { host })
    assert.match(JSON.stringify(host.events), /1 rows refer by a foreign key/)
    assert.equal((await proveFile(workshop.path('copy.db'), fingerprint)).outcome, 'equal')
  })

  it('rows that break a later constraint are backed up', async () => {
    using workshop = new Workshop()
    const source = workshop.sql(
      'source.db',
      'PRAGMA ignore_check_constraints = ON; CREATE TABLE t(a CHECK (a > 0)); INSERT INTO t VALUES (-1), (-2)',
    )
    assert.match(query(source, 'PRAGMA integrity_check'), /CHECK constraint failed/)
    await using host = testHost()
    await engine.probe(at(source), host)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.equal((await proveFile(workshop.path('copy.db'), fingerprint)).outcome, 'equal')
  })

  it('damage is found behind any number of rows that break a constraint', async () => {
    using workshop = new Workshop()
    const source = workshop.sql(
      'source.db',
      `PRAGMA ignore_check_constraints = ON; CREATE TABLE a(a CHECK (a > 0));
       INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) SELECT -i FROM n; ${ROWS}`,
    )
    spoilPage(source, 'by_name')
    await using host = testHost()
    await rejected(engine.probe(at(source), host), 'SOURCE_CORRUPT')
  })

  it("tables that need their application's collation or functions are backed up, and said not to be compared", async () => {
    using workshop = new Workshop()
    const source = workshop.path('source.db')
    // The shell brings these; SQLite itself does not.
    query(
      source,
      `CREATE TABLE computed(x, y AS (decimal_add(x, 1)), z AS (decimal_add(x, 2)) STORED);
       INSERT INTO computed(x) VALUES (1), (2);
       CREATE INDEX by_function ON computed(decimal_add(x, 5));
       CREATE TABLE keyed(k TEXT COLLATE uint PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO keyed VALUES ('a10', 1);
       CREATE TABLE plain(a); INSERT INTO plain VALUES (1);`,
    )
    await using host = testHost()
    await engine.probe(at(source), host)
    const fingerprint = await dumpTo(workshop.path('copy.db'), source, { host })
    assert.match(JSON.stringify(host.events), /keyed[^]*only be read by its application/)
    const proof = await proveFile(workshop.path('copy.db'), fingerprint)
    assert.deepEqual(proof, { outcome: 'equal', compared: { tables: 2, rows: 3 } })
  })

  it('a virtual table whose module is unknown does not make the backup fail', async () => {
    using workshop = new Workshop()
    const source = workshop.path('source.db')
    query(
      source,
      `CREATE TABLE t(a); PRAGMA writable_schema = ON;
      INSERT INTO sqlite_schema VALUES ('table', 'strange', 'strange', 0, 'CREATE VIRTUAL TABLE strange USING no_such_module(x)')`,
    )
    const fingerprint = await dumpTo(workshop.path('copy.db'), source)
    assert.equal((await proveFile(workshop.path('copy.db'), fingerprint)).outcome, 'equal')
  })
})
