import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { needs } from '../../../test/support/tools.ts'
import { namePattern } from '../src/exclude/name-pattern.ts'
import engine from '../src/index.ts'
import { database, dump, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

const TABLES = `
  CREATE TABLE kept AS SELECT 1 AS i; CREATE TABLE log AS SELECT generate_series(1, 100) AS i;
  CREATE SCHEMA "Other s"; CREATE TABLE "Other s".log AS SELECT 1 AS i; CREATE TABLE "Other s"."Lo""g.*" AS SELECT 1 AS i;
  CREATE TABLE parts (i int) PARTITION BY LIST (i); CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); INSERT INTO parts VALUES (1);
  CREATE TABLE "p$q" AS SELECT 1 AS i`

describe('rows that are left out of a PostgreSQL dump', () => {
  needs('postgres', 'linux')

  it('are those of the tables that patterns match, are told of, and are proven to be out', async () => {
    await using db = await database(TABLES)
    const patterns = ['l*', '"Other s"."Lo""g.*"', 'public.PARTS', 'nothing.*', 'p$q']
    for (const format of ['custom', 'plain'] as const) {
      const source = at(db.pg, db.name, { 'exclude-table-data': patterns, format })
      const { findings } = await engine.probe(source, testHost())
      assert.deepEqual(
        findings.map(({ severity, message }) => `${severity}: ${message}`),
        [
          `warning: The rows of 4 tables are not in this backup, as asked: "public"."log", "Other s"."Lo""g.*", "public"."part_1", "public"."p$q"`,
          `warning: --postgres-exclude-table-data "nothing.*" matches no table`,
        ],
      )
      const dumped = await dump(source)
      assert.equal((dumped.fingerprint['excluded'] as readonly unknown[]).length, 4)
      const proof = await prove(dumped, at(db.pg, db.name))
      assert.deepEqual([proof.outcome, proof.differences ?? [], proof.compared['rows']], ['equal', [], 2])
      const target = { ...at(db.pg, db.name), replace: true }
      await engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
      const left =
        'SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM "Other s".log), (SELECT count(*) FROM parts)'
      assert.equal(db.pg.psql(db.name, left), '0|1|0\n')
      db.pg.psql(db.name, 'INSERT INTO log VALUES (1); INSERT INTO "Other s"."Lo""g.*" VALUES (1)')
    }
  })

  it('are refused before the dump when others refer to them', async () => {
    await using db = await database(
      'CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE b (i int CONSTRAINT to_a REFERENCES a)',
    )
    const probe = (...patterns: string[]) =>
      engine.probe(at(db.pg, db.name, { 'exclude-table-data': patterns }), testHost())
    assert.match(
      await rejected(probe('a'), 'USAGE'),
      /rows of public\.a cannot be left out: those of public\.b refer to them \(to_a\)/,
    )
    await probe('a', 'b')
    await probe('b')
    await rejected(probe('"open'), 'USAGE')
  })

  it('are named as in psql', () => {
    assert.deepEqual(namePattern('Foo'), { name: '^(foo)$' })
    assert.deepEqual(namePattern('a*.B?"C.*"'), { schema: '^(a.*)$', name: '^(b.C\\.\\*)$' })
    assert.deepEqual(namePattern('(a|b)[0-9]'), { name: '^((a|b)[0-9])$' })
    assert.equal(namePattern('a.b.c'), undefined)
  })
})
