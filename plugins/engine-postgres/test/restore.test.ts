import { testHost } from 'dbvault/testing'
import type { RestoreReport } from 'dbvault'
import assert from 'node:assert/strict'
import pg from 'pg'
import { databaseName, testPostgres } from '../../../test/servers/postgres.ts'
import engine from '../src/index.ts'
import { toolsToDump, toolsToRestore } from '../src/tools/choose-tools.ts'
import { everything } from './support/everything.ts'
import { database, dump, poorUser, rejected, type Dumped } from './support/exam.ts'
import { at, drop, dumpOf, harness } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

async function restore(
  { stored, fingerprint }: Dumped,
  name: string,
  { replace = false, ...flags }: { replace?: boolean; owners?: boolean; privileges?: boolean } = {},
): Promise<RestoreReport> {
  const target = { ...at(await testPostgres(), name, flags), replace }
  return await engine.restore({ stored, target, expected: fingerprint }, testHost())
}

describe('a restore of a PostgreSQL database', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('brings everything back under another name, as another program sees it', async () => {
    await using db = await database(everything)
    const dumped = await dump(at(db.pg, db.name))
    const name = databaseName('other')
    assert.equal((await engine.inspect({ ...at(db.pg, name), replace: false }, testHost())).state, 'absent')
    try {
      const report = await restore(dumped, name)
      assert.equal(report.outcome, 'equal')
      assert.equal(dumpOf(db.pg, name), dumpOf(db.pg, db.name))
      const { state, description } = await engine.inspect({ ...at(db.pg, name), replace: false }, testHost())
      assert.equal(state, 'occupied')
      assert.match(description, /\d+ tables and the like, \d+ [kM]B/)
    } finally {
      drop(db.pg, name)
    }
  })

  it('names all absent roles before anything is made, and restores without them when told to', async () => {
    await using db = await database('')
    const [owner, reader] = [databaseName('owner'), databaseName('reader')]
    db.pg.psql(
      db.name,
      `CREATE ROLE "${owner}"; CREATE ROLE "${reader}"; CREATE TABLE t (i int); ALTER TABLE t OWNER TO "${owner}"; GRANT SELECT ON t TO "${reader}"`,
    )
    const dumped = await dump(at(db.pg, db.name))
    db.pg.psql(db.name, `DROP OWNED BY "${reader}"; DROP TABLE t; DROP ROLE "${owner}"; DROP ROLE "${reader}"`)
    const said = await rejected(restore(dumped, db.name), 'RESTORE_FAILED')
    assert.match(said, new RegExp(`CREATE ROLE "${owner}";\nCREATE ROLE "${reader}";`))
    await restore(dumped, db.name, { owners: false, privileges: false })
    assert.equal(db.pg.psql(db.name, `SELECT tableowner FROM pg_tables WHERE tablename = 't'`), 'postgres\n')
  })

  it('leaves an empty database to whoever has filled it meanwhile', async () => {
    await using source = await database('CREATE TABLE fresh (i int)')
    await using target = await database('')
    const dumped = await dump(at(source.pg, source.name))
    let filled = false
    const stored = dumped.stored.map((member) => ({
      ...member,
      async open() {
        if (!filled) source.pg.psql(target.name, 'CREATE TABLE precious (i int); INSERT INTO precious VALUES (1), (2)')
        filled = true
        return await member.open()
      },
    }))
    await rejected(restore({ ...dumped, stored }, target.name), 'TARGET_NOT_EMPTY')
    assert.equal(source.pg.psql(target.name, 'SELECT count(*) FROM precious'), '2\n')
  })

  for (const [what, sql] of [
    ['a foreign server', 'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w'],
    ['a publication', 'CREATE PUBLICATION p'],
    ['default privileges', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC'],
    ['a cast', 'CREATE CAST (money AS inet) WITH INOUT'],
    ['a text search configuration', 'CREATE TEXT SEARCH CONFIGURATION public.c (COPY = simple)'],
    ['an operator', 'CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)'],
    ['a collation', `CREATE COLLATION public.c (LOCALE = 'C')`],
  ] as const) {
    it(`does not take a database for empty that holds ${what}`, async () => {
      await using source = await database('CREATE TABLE fresh (i int)')
      await using target = await database(sql)
      const before = dumpOf(target.pg, target.name)
      await rejected(restore(await dump(at(source.pg, source.name)), target.name), 'TARGET_NOT_EMPTY')
      assert.equal(dumpOf(target.pg, target.name), before)
    })
  }

  it('keeps what was set on an empty database, whole or not at all', async () => {
    await using source = await database('CREATE TABLE fresh (i int); INSERT INTO fresh VALUES (1)')
    await using target = await database('')
    target.pg.psql(
      'postgres',
      `ALTER DATABASE ${target.name} SET work_mem = '7MB'; ALTER DATABASE ${target.name} CONNECTION LIMIT 9;
       REVOKE CONNECT ON DATABASE ${target.name} FROM PUBLIC`,
    )
    const sql = `SELECT oid, datacl, datconnlimit, (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid)
      FROM pg_database d WHERE datname = current_database()`
    const before = target.pg.psql(target.name, sql)
    const dumped = await dump(at(source.pg, source.name))
    const other = JSON.parse(
      JSON.stringify(dumped.fingerprint).replace('"fresh",1,', '"fresh",2,'),
    ) as Dumped['fingerprint']
    await rejected(restore({ ...dumped, fingerprint: other }, target.name), 'RESTORE_FAILED')
    assert.equal((await engine.inspect({ ...at(target.pg, target.name), replace: false }, testHost())).state, 'empty')
    assert.equal((await restore(dumped, target.name)).outcome, 'equal')
    assert.equal(target.pg.psql(target.name, sql), before)
  })

  it('is equal though an index of the source is the remains of a failed CREATE INDEX CONCURRENTLY', async () => {
    await using source = await database('CREATE TABLE t (i int); INSERT INTO t VALUES (1), (1)')
    assert.throws(() => source.pg.psql(source.name, 'CREATE UNIQUE INDEX CONCURRENTLY broken ON t (i)'))
    await using target = await database('')
    assert.equal((await restore(await dump(at(source.pg, source.name)), target.name)).outcome, 'equal')
  })

  it('keeps owners and grants, and the owner of the database that is replaced', async () => {
    await using db = await database('CREATE TABLE t (i int)')
    const owner = databaseName('owner')
    db.pg.psql(
      db.name,
      `CREATE ROLE "${owner}"; ALTER TABLE t OWNER TO "${owner}"; ALTER DATABASE ${db.name} OWNER TO "${owner}"`,
    )
    try {
      const dumped = await dump(at(db.pg, db.name))
      await restore(dumped, db.name, { replace: true })
      const sql = `SELECT tableowner, (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()) FROM pg_tables WHERE tablename = 't'`
      assert.equal(db.pg.psql(db.name, sql), `${owner}|${owner}\n`)
    } finally {
      db.pg.psql('postgres', `ALTER DATABASE ${db.name} OWNER TO postgres`)
      db.pg.psql(db.name, `DROP OWNED BY "${owner}"; DROP ROLE "${owner}"`)
    }
  })

  it('keeps what was set on the database as a whole, under its new name', async () => {
    await using db = await database('CREATE TABLE t (i int)')
    const role = databaseName('role')
    const name = databaseName('Odd "name"; DATABASE')
    const quoted = `"${name.replaceAll('"', '""')}"`
    db.pg.psql(
      db.name,
      `CREATE ROLE "${role}"; ALTER DATABASE ${db.name} SET search_path = public, 'DATABASE ${db.name} x;
'; COMMENT ON DATABASE ${db.name} IS 'of DATABASE ${db.name}'; ALTER ROLE "${role}" IN DATABASE ${db.name} SET work_mem = '7MB';
       REVOKE CONNECT ON DATABASE ${db.name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${db.name} TO "${role}"`,
    )
    const sql = `SELECT (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a), shobj_description(oid, 'pg_database'),
      (SELECT string_agg(setconfig::text, ' ' ORDER BY 1) FROM pg_db_role_setting WHERE setdatabase = d.oid)
      FROM pg_database d WHERE datname = current_database()`
    try {
      await restore(await dump(at(db.pg, db.name)), name)
      assert.equal(db.pg.psql(name, sql), db.pg.psql(db.name, sql))
    } finally {
      db.pg.psql('postgres', `DROP DATABASE IF EXISTS ${quoted}`)
      db.pg.psql(db.name, `DROP OWNED BY "${role}"; ALTER ROLE "${role}" RESET ALL; DROP ROLE "${role}"`)
    }
  })

  it('leaves a database that is in use as it was, and says so', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    db.pg.psql(db.name, 'INSERT INTO t VALUES (2)')
    const before = dumpOf(db.pg, db.name)
    const user = new pg.Client({
      host: db.pg.host,
      port: db.pg.port,
      user: db.pg.user,
      password: db.pg.password,
      database: db.name,
    })
    await user.connect()
    try {
      const { notes } = await engine.inspect({ ...at(db.pg, db.name), replace: true }, testHost())
      assert.match(notes?.join() ?? '', /1 sessions are connected/)
      assert.match(await rejected(restore(dumped, db.name, { replace: true }), 'RESTORE_FAILED'), /in use/)
    } finally {
      await user.end()
    }
    assert.equal(dumpOf(db.pg, db.name), before)
  })

  it('removes a subscription too when the restore fails after it was made', async () => {
    await using db = await database(`CREATE TABLE t (i int PRIMARY KEY);
      CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 dbname=nosuch' PUBLICATION pub WITH (connect = false);`)
    try {
      const dumped = await dump(at(db.pg, db.name))
      const other = JSON.parse(JSON.stringify(dumped.fingerprint).replace('"t",0,', '"t",1,')) as Dumped['fingerprint']
      const said = await rejected(restore({ ...dumped, fingerprint: other }, databaseName('new')), 'RESTORE_FAILED')
      assert.match(said, /table "public\.t" has 0 rows instead of 1/)
    } finally {
      db.pg.psql(db.name, 'ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub')
    }
  })

  it('refuses to replace a database that has a replication slot, and names it', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    db.pg.psql(db.name, `SELECT pg_create_logical_replication_slot('kept', 'pgoutput')`)
    try {
      assert.match(
        await rejected(restore(dumped, db.name, { replace: true }), 'RESTORE_FAILED'),
        /pg_drop_replication_slot\('kept'\)/,
      )
    } finally {
      db.pg.psql(db.name, `SELECT pg_drop_replication_slot('kept')`)
    }
  })

  it('needs the right to make databases, or an empty one, and says so', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    await using poor = await poorUser(db.pg)
    const dumped = await dump(at(db.pg, db.name))
    const refused = (name: string) =>
      rejected(
        engine.restore(
          {
            stored: dumped.stored,
            target: { ...at(db.pg, name), ...poor.login, replace: true },
            expected: dumped.fingerprint,
          },
          testHost(),
        ),
        'SOURCE_DENIED',
      )
    assert.match(
      await refused(databaseName('new')),
      /may not make databases .*\nAllow it: ALTER ROLE ".*" CREATEDB;\nOr have an empty/,
    )
    assert.match(await refused(db.name), /may not replace the database/)
  })

  it('goes into an empty database of a user who may make none, whole or not at all', async () => {
    await using db = await database(everything)
    await using poor = await poorUser(db.pg)
    await using given = await database('', `OWNER "${poor.login.user}" TEMPLATE template0`)
    const dumped = await dump(at(db.pg, db.name))
    const target = { ...at(db.pg, given.name, { owners: false, privileges: false }), ...poor.login, replace: false }
    const empty = dumpOf(db.pg, given.name)
    const into = (expected: Dumped['fingerprint'], host = testHost()) =>
      engine.restore({ stored: dumped.stored, target, expected }, host)

    // What takes a superuser is not in it, and then nothing is.
    assert.match(
      await rejected(into(dumped.fingerprint), 'RESTORE_FAILED'),
      /foreign-data wrapper|permission denied|must be superuser/,
    )
    assert.equal(dumpOf(db.pg, given.name), empty)

    db.pg.psql(db.name, 'DROP EXTENSION postgres_fdw CASCADE; DROP EVENT TRIGGER et; DROP PUBLICATION pub')
    db.pg.psql(db.name, `COMMENT ON DATABASE ${db.name} IS 'of the dumped one'`)
    db.pg.psql(db.name, 'DROP CAST (pair AS text)')
    const again = await dump(at(db.pg, db.name))
    const restored = (expected: Dumped['fingerprint']) =>
      engine.restore({ stored: again.stored, target, expected }, testHost())
    const other = JSON.parse(JSON.stringify(again.fingerprint).replace('"a",2,', '"a",3,')) as Dumped['fingerprint']
    assert.match(await rejected(restored(other), 'RESTORE_FAILED'), /table "public\.a" has 2 rows instead of 3/)
    assert.equal(dumpOf(db.pg, given.name), empty)

    assert.equal((await restored(again.fingerprint)).outcome, 'equal')
    assert.equal(withoutOwners(dumpOf(db.pg, given.name)), withoutOwners(dumpOf(db.pg, db.name)))
    assert.equal((await engine.inspect(target, testHost())).state, 'occupied')
  })

  it('names the owners that the user may not give anything to', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    await using poor = await poorUser(db.pg)
    await using given = await database('', `OWNER "${poor.login.user}"`)
    const dumped = await dump(at(db.pg, db.name))
    const target = { ...at(db.pg, given.name), ...poor.login, replace: false }
    const refused = engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
    assert.match(
      await rejected(refused, 'RESTORE_FAILED'),
      /may not give what is restored to its owners: postgres\nRestore without them, .*--no-postgres-owners$/,
    )
  })
})

/** What a dump says without who owns it. */
function withoutOwners(text: string): string {
  return text.replaceAll(/; Owner: .*$|^ALTER .* OWNER TO .*;$/gm, '').replaceAll(/\n{2,}/g, '\n')
}

describe('which tools are taken', () => {
  const tools = (...majors: number[]) =>
    majors.map((major) => ({ directory: `/${major}`, version: `${major}.4`, major, hasServer: false }))

  it('are those of the version of the server, else the next newer', () => {
    const host = testHost()
    assert.equal(toolsToDump(tools(18, 16, 15, 14), 15, host).major, 15)
    assert.equal(toolsToDump(tools(18, 16, 14), 15, host).major, 16)
    assert.throws(() => toolsToDump(tools(14), 15, host), { code: 'TOOL_UNSUITABLE' })
    assert.throws(() => toolsToDump([], 15, host), { code: 'TOOL_NOT_FOUND' })
  })

  it('are a pg_restore that the server understands, else one that only makes SQL, and never one older than the archive', () => {
    const host = testHost()
    const chosen = (found: number[], dumped: number, server: number) => {
      const { tools: taken, direct } = toolsToRestore(tools(...found), dumped, server, host)
      return [taken?.major, direct]
    }
    assert.deepEqual(chosen([18, 16, 15], 15, 15), [15, true])
    assert.deepEqual(chosen([18, 16], 15, 15), [16, true])
    assert.deepEqual(chosen([18, 15], 15, 18), [18, true])
    assert.deepEqual(chosen([15], 15, 18), [15, true])
    assert.deepEqual(chosen([18, 17], 15, 15), [17, false])
    assert.deepEqual(chosen([18, 15], 18, 15), [18, false])
    assert.throws(() => toolsToRestore(tools(15), 18, 18, host), {
      code: 'TOOL_UNSUITABLE',
      message: 'No pg_restore here (15) reads an archive of pg_dump 18: it must not be older',
    })
    assert.throws(() => toolsToRestore([], 15, 15, host), { code: 'TOOL_NOT_FOUND' })
  })
})
