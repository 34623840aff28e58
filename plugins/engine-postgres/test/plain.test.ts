import type { Fingerprint, Stored } from 'dbvault'
import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { databaseName } from '../../../test/servers/postgres.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { everything } from './support/everything.ts'
import { database, dump, poorUser, prove, rejected, type Dumped } from './support/exam.ts'
import { at, drop, dumpOf, harness } from './support/harness.ts'

describe('a PostgreSQL dump in plain SQL', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('holds everything: it is proven on a private server and on the source, and restored as another program sees it', async () => {
    await using db = await database(everything)
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    assert.deepEqual(
      dumped.stored.map(({ name, format }) => [name, format.extension]),
      [
        ['main', 'sql'],
        ['contents', 'dump'],
        ['roles', 'sql'],
      ],
    )
    const { checked } = await engine.check(dumped.stored, testHost())
    assert.ok((checked['statements'] ?? 0) > 100 && checked['bytes'] === sizeOf(dumped))
    for (const mode of ['private', 'source'] as const) {
      const proof = await prove(dumped, at(db.pg, db.name), { mode })
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []], mode)
    }
    const name = databaseName('plain')
    try {
      await restore(dumped, at(db.pg, name))
      assert.equal(dumpOf(db.pg, name), dumpOf(db.pg, db.name))
    } finally {
      drop(db.pg, name)
    }
  })

  it('is what psql restores without dbvault', async () => {
    await using db = await database(everything)
    await using other = await database('', 'TEMPLATE template0')
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    const { pg } = db
    const to = ['-X', '-q', '-h', pg.socketDirectory, '-p', String(pg.port), '-U', 'postgres', '-d', other.name]
    const ran = spawnSync(join(pg.binDir, 'psql'), ['-v', 'ON_ERROR_STOP=1', ...to], {
      input: dumped.bytes[0],
      env: { PGPASSWORD: pg.password },
    })
    assert.equal(ran.status, 0, String(ran.stderr))
    assert.equal(dumpOf(pg, other.name), dumpOf(pg, db.name))
  })

  it('keeps the encoding of a LATIN1 database, and backslashes of a server with the old kind of texts', async () => {
    await using db = await database(
      `SET client_encoding = 'UTF8'; CREATE TABLE "Gr\u00fc\u00dfe" AS SELECT E'\\\\ \\' \u00e9\\\\.\\n\\\\.\\n'::text AS "\u00fc";
       COMMENT ON TABLE "Gr\u00fc\u00dfe" IS E'ends in a backslash \\\\'; CREATE VIEW v AS SELECT E'it''s \\\\;' AS x;
       DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database()); END $$`,
      `TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`,
    )
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    assert.ok(dumped.bytes[0]?.includes(Buffer.from('Gr\u00fc\u00dfe', 'latin1')))
    assert.equal((await prove(dumped, at(db.pg, db.name))).outcome, 'equal')
    await restore(dumped, { ...at(db.pg, db.name) }, true)
  })

  for (const [what, from, to, kind] of [
    ['the body of a function', 'AS $$SELECT 1$$', 'AS $$SELECT 2$$', 'functions'],
    ['the state of a trigger', 'ENABLE ALWAYS TRIGGER trg', 'DISABLE TRIGGER trg', 'triggers'],
    ['row security', 'ALTER TABLE ONLY public.rls FORCE ROW LEVEL SECURITY;', '', 'tables'],
    ['a default', " DEFAULT 'ok'::public.mood", '', 'columns'],
    ['the order of an enumeration', "'ok',\n    'sad'", "'sad',\n    'ok'", 'types'],
    ['what a foreign key does', 'REFERENCES public.b(id)', 'REFERENCES public.b(id) ON DELETE CASCADE', 'constraints'],
    ['a comment', "COMMENT ON TABLE public.a IS 'x''", "COMMENT ON TABLE public.a IS 'y''", 'comments'],
  ] as const) {
    it(`is not equal where ${what} is another`, async () => {
      await using db = await database(everything)
      const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
      const text = dumped.bytes[0]?.toString('latin1') ?? ''
      assert.equal(text.split(from).length, 2, 'it stands in the dump once')
      const changed = withMain(
        dumped,
        Buffer.from(
          text.replace(from, () => to),
          'latin1',
        ),
      )
      const { outcome, differences } = await prove(changed, at(db.pg, db.name))
      assert.deepEqual([outcome, differences], ['different', [`the ${kind} are not defined as they were`]])
    })
  }

  it('is equal where the server writes an expression in other words once it was restored', async () => {
    await using db = await database(
      `CREATE TABLE t (s varchar(9) CHECK (s IN ('a', 'b')), n int DEFAULT -1, CHECK (n BETWEEN -1 AND 9 OR s LIKE 'a%'));
       CREATE INDEX ON t (lower(s)) WHERE s IN ('a', 'b'); CREATE VIEW v AS SELECT * FROM t WHERE s IN ('a', 'b');
       CREATE POLICY p ON t USING (s IN ('a', 'b')); INSERT INTO t VALUES ('a', 1)`,
    )
    const name = databaseName('plain')
    const dumped = await dump(at(db.pg, db.name))
    try {
      await restore(dumped, at(db.pg, name))
      assert.notEqual(dumpOf(db.pg, name), dumpOf(db.pg, db.name), 'it does')
      assert.equal((await prove(dumped, at(db.pg, db.name))).outcome, 'equal')
    } finally {
      drop(db.pg, name)
    }
  })

  it("holds a schema of the name cron that is the user's own", async () => {
    await using db = await database(`CREATE SCHEMA cron; CREATE TABLE cron.job (id serial, what text);
      INSERT INTO cron.job (what) VALUES ('one'); COMMENT ON SCHEMA cron IS 'own'`)
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    await assert.doesNotReject(prove(dumped, at(db.pg, db.name)))
    assert.equal((await prove(dumped, at(db.pg, db.name))).outcome, 'equal')
    const name = databaseName('plain')
    try {
      await restore(dumped, at(db.pg, name))
      assert.equal(dumpOf(db.pg, name), dumpOf(db.pg, db.name))
    } finally {
      drop(db.pg, name)
    }
  })

  it('is proven in an empty database of a user who may make none, which is empty afterwards', async () => {
    await using db = await database(
      'CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i; SELECT lo_create(4711)',
    )
    await using poor = await poorUser(db.pg)
    await using given = await database('', `OWNER "${poor.login.user}" TEMPLATE template0`)
    const url = {
      reveal: () => `postgres://${poor.login.user}:r@127.0.0.1:${db.pg.port}/${given.name}`,
    }
    for (const format of ['plain', 'custom'] as const) {
      const dumped = await dump(at(db.pg, db.name, { format }))
      const proofs = await Promise.all([1, 2].map(() => prove(dumped, at(db.pg, db.name), { mode: 'url', url })))
      assert.deepEqual(
        proofs.map(({ outcome }) => outcome),
        ['equal', 'equal'],
      )
      assert.equal(
        db.pg.psql(given.name, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
        '0\n',
      )
      assert.equal(db.pg.psql(given.name, 'SELECT count(*) FROM pg_largeobject_metadata'), '0\n')
    }
  })

  it('with a command for psql in it is refused before that does anything, and leaves nothing', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    const text = String(dumped.bytes[0])
    const made = databaseName('refused')
    for (const command of [
      '\\! touch /tmp/dbvault-was-here',
      '\\connect postgres',
      '\\i /etc/passwd',
      'SELECT 1 \\gexec',
    ]) {
      const bad = withMain(dumped, text.replace('CREATE TABLE', `${command}\nCREATE TABLE`))
      for (const attempt of [engine.check(bad.stored, testHost()), prove(bad, at(db.pg, db.name))]) {
        assert.match(await rejected(attempt, 'PROOF_FAILED'), /a command for psql, "\\\\.+", which is never run/)
      }
      assert.match(await rejected(restore(bad, at(db.pg, made)), 'RESTORE_FAILED'), /command for psql/)
    }
    assert.equal(db.pg.psql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${made}'`), '0\n')
  })

  it('is refused wherever it is cut, by the check and by a proof', async function () {
    this.timeout(60_000)
    await using db = await database(
      `CREATE TABLE t AS SELECT i, E'line\\nline' AS x FROM generate_series(1, 200) i; CREATE FUNCTION f() RETURNS int LANGUAGE sql
       BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 3; END; SELECT lo_from_bytea(7, 'x')`,
    )
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    const whole = dumped.bytes[0] ?? Buffer.alloc(0)
    const trailer = whole.indexOf('-- PostgreSQL database dump complete')
    const ends = Array.from({ length: 100 }, (_, part) => Math.floor((whole.length * part) / 100))
    for (const end of [...ends, trailer, trailer + 36, whole.length - 3, whole.length - 1]) {
      await rejected(engine.check(withMain(dumped, whole.subarray(0, end)).stored, testHost()), 'PROOF_FAILED')
    }
    const scratch = withMain(dumped, whole.subarray(0, trailer))
    assert.match(
      await rejected(prove(scratch, at(db.pg, db.name), { mode: 'source' }), 'PROOF_FAILED'),
      /the line that pg_dump ends with is missing/,
    )
    const twice = withMain(dumped, Buffer.concat([whole, Buffer.from('DROP TABLE t;\n')]))
    assert.match(await rejected(engine.check(twice.stored, testHost()), 'PROOF_FAILED'), /something follows/)
  })

  it('of which a row is missing is not equal', async () => {
    await using db = await database('CREATE TABLE t AS SELECT i FROM generate_series(1, 200) i')
    const dumped = await dump(at(db.pg, db.name, { format: 'plain' }))
    const proof = await prove(withMain(dumped, String(dumped.bytes[0]).replace('\n117\n', '\n')), at(db.pg, db.name))
    assert.deepEqual(
      [proof.outcome, proof.differences],
      ['different', ['table "public.t" has 199 rows instead of 200']],
    )
  })
})

async function restore({ stored, fingerprint }: Dumped, to: ReturnType<typeof at>, replace = false): Promise<void> {
  const report = await engine.restore({ stored, target: { ...to, replace }, expected: fingerprint }, testHost())
  assert.equal(report.outcome, 'equal')
}

function withMain(dumped: Dumped, main: string | Buffer): Dumped & { fingerprint: Fingerprint; stored: Stored[] } {
  const bytes = Buffer.from(main as Buffer)
  const [first, ...rest] = dumped.stored
  assert.ok(first)
  const open = async () => Readable.from([bytes], { objectMode: false })
  return { ...dumped, stored: [{ ...first, bytes: bytes.length, open }, ...rest] }
}

function sizeOf({ bytes }: Dumped): number {
  return bytes.reduce((sum, { length }) => sum + length, 0)
}
