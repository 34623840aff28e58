import { describe, it } from 'mocha'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { asSqliteFingerprint, counts, differences, type SqliteFingerprint } from '../src/fingerprint.ts'
import { readFingerprint } from '../src/worker/read-fingerprint.ts'
import { everything } from './support/everything.ts'

function of(sql: string): SqliteFingerprint {
  using db = new DatabaseSync(':memory:')
  db.exec(sql)
  return readFingerprint(db)
}

/** Each differs from each other one. Together they are what careless encodings mix up. */
const values = [
  'NULL',
  '1',
  '1.0',
  `'1'`,
  `x'31'`,
  `'1.0'`,
  '0',
  '0.0',
  '-1',
  `''`,
  `x''`,
  `'NULL'`,
  `'n'`,
  `'i1;'`,
  '9007199254740992',
  '9007199254740993',
  '9007199254740992.0',
  '9223372036854775807',
  '-9223372036854775808',
  '0.1',
  '0.10000000000000002',
  '9e999',
  '-9e999',
  '5e-324',
  `'a'`,
  `'a' || char(0)`,
  `'a' || char(0) || 'b'`,
  `'ab'`,
  `CAST(x'80d8' AS TEXT)`,
  `CAST(x'81d8' AS TEXT)`,
  `x'80d8'`,
  `char(65533)`,
  `CAST(x'eda080' AS TEXT)`,
  `CAST(zeroblob(5000) AS TEXT)`,
  'zeroblob(5000)',
  'zeroblob(5001)',
  `hex(zeroblob(5000))`,
]

describe('a fingerprint', () => {
  for (const encoding of ['UTF-8', 'UTF-16le', 'UTF-16be']) {
    it(`tells all values and storage classes apart in ${encoding}`, () => {
      const seen = new Map<string, string>()
      for (const keyed of ['', ' WITHOUT ROWID']) {
        for (const value of values) {
          const { tables } = of(
            `PRAGMA encoding = '${encoding}'; CREATE TABLE t(k INTEGER PRIMARY KEY, v)${keyed}; INSERT INTO t VALUES (1, ${value})`,
          )
          const digest = String(tables.find(([name]) => name === 't')?.[2])
          assert.equal(seen.get(digest), undefined, `${value}${keyed} is digested like ${seen.get(digest)}`)
          seen.set(digest, value + keyed)
        }
      }
    })
  }

  it('does not mix up where one value ends and the next begins', () => {
    const pairs = [
      `('a', 'bc')`,
      `('ab', 'c')`,
      `('', 'abc')`,
      `('abc', '')`,
      `(NULL, 'abc')`,
      `('abc', NULL)`,
      `('a;t1:b', 'c')`,
    ]
    const digests = pairs.map((pair) => JSON.stringify(of(`CREATE TABLE t(a, b); INSERT INTO t VALUES ${pair}`).tables))
    assert.equal(new Set(digests).size, pairs.length)
  })

  for (const [what, change] of [
    ['a row', `DELETE FROM child`],
    ['a rowid', `UPDATE limits SET rowid = 1000 WHERE rowid = 1`],
    ['a value in the last of many batches', `UPDATE bulk SET body = body || 'x' WHERE id = 1000`],
    ['the row with the largest rowid', `UPDATE half SET rowid = 'x' WHERE _rowid_ = 9223372036854775807`],
    ['a value in a WITHOUT ROWID table', `UPDATE keyed SET v = 2 WHERE b = 2`],
    ['one byte of a long value', `UPDATE keyed SET v = CAST(zeroblob(8999) || x'01' AS BLOB) WHERE a = 'y'`],
    ['a stored generated column', `UPDATE generated SET a = 2 WHERE a = 1`],
    ['a full-text index', `INSERT INTO search VALUES ('x', 'y')`],
    ['a spatial index', `DELETE FROM area WHERE id = 1`],
    ['an autoincrement sequence', `UPDATE sqlite_sequence SET seq = 99`],
    ['the planner statistics', `DELETE FROM sqlite_stat1`],
    ['a view', `DROP VIEW rich`],
    ['a trigger', `DROP TRIGGER noted`],
    ['an index', `DROP INDEX by_amount`],
    ['a table with an odd name', `DELETE FROM "odd ""name"" '; DROP TABLE x; --\n    😀"`],
    ['user_version', `PRAGMA user_version = 43`],
    ['application_id', `PRAGMA application_id = 1`],
  ] as const) {
    it(`changes with ${what}`, () => {
      const settled = everything.replace(/hex\(randomblob\(600\)\)|randomblob\(2000\)/g, `'same'`)
      const [before, after] = [of(settled), of(`${settled}; ${change}`)]
      assert.deepEqual(differences(before, of(settled)), [])
      assert.notDeepEqual(differences(before, after), [])
    })
  }

  it('covers every table, also those whose names are special in JavaScript', () => {
    const fingerprint = of(everything)
    const names = fingerprint.tables.map(([name]) => name)
    for (const name of ['__proto__', 'sqlite_schema', 'sqlite_sequence', 'sqlite_stat1', 'search_data', 'area_node']) {
      assert.ok(names.includes(name), name)
    }
    assert.deepEqual(asSqliteFingerprint(JSON.parse(JSON.stringify(fingerprint))), fingerprint)
    assert.ok(!JSON.stringify(fingerprint).includes('findthismarkeronce'))
  })

  it('reads a table with 2000 columns and long values', () => {
    const columns = Array.from({ length: 2000 }, (_, i) => `c${i}`)
    const { tables } = of(
      `CREATE TABLE wide(${columns.join()}); INSERT INTO wide(c0, c1999) VALUES (hex(zeroblob(4000)), 1), (1, 2)`,
    )
    assert.equal(tables.find(([name]) => name === 'wide')?.[1], 2)
  })

  it('counts rows that refer to nothing', () => {
    const schema = `PRAGMA foreign_keys = OFF; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id));`
    assert.equal(of(`${schema} INSERT INTO c VALUES (1), (2), (NULL)`).orphans, 2)
    assert.equal(of(`${schema} INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)`).orphans, 0)
    assert.equal(
      of('PRAGMA foreign_keys = OFF; CREATE TABLE p(id); CREATE TABLE c(p REFERENCES p(id)); INSERT INTO c VALUES (1)')
        .orphans,
      null,
    )
  })

  it('counts the tables and rows that a person would count', () => {
    assert.deepEqual(
      counts(of('CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO a VALUES (1), (2)')),
      {
        tables: 1,
        rows: 2,
      },
    )
  })

  it('names what differs, without row data and within a screenful', () => {
    const many = Array.from({ length: 50 }, (_, i) => `CREATE TABLE t${i}(a);`).join('')
    const lines = differences(of(many), of(`${many} CREATE TABLE more(a); INSERT INTO t1 VALUES ('secret')`))
    assert.deepEqual(lines, [
      'table "sqlite_schema" has 51 rows instead of 50',
      'table "t1" has 1 rows instead of 0',
      'table "more" was not there when the dump was made',
    ])
    const gone = differences(of(many), of(''))
    assert.equal(gone.length, 21)
    assert.match(gone.at(-1) ?? '', /^and \d+ more$/)
  })

  it('of another scheme or shape is not taken for one', () => {
    const fingerprint = of('CREATE TABLE t(a)')
    for (const broken of [
      { ...fingerprint, scheme: 'sqlite-rows-2' },
      { ...fingerprint, tables: { t: 1 } },
      { ...fingerprint, tables: [1] },
      { ...fingerprint, settings: null },
      { scheme: 'sqlite-rows-1' },
    ]) {
      assert.equal(asSqliteFingerprint(broken), undefined)
    }
  })
})
