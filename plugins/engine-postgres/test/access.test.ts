import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseName, testPostgres } from '../../../test/servers/postgres.ts'
import engine from '../src/index.ts'
import { placeOf } from '../src/server/place.ts'
import { Session } from '../src/server/session.ts'
import { marker } from './support/everything.ts'
import { database, dump, prove, rejected } from './support/exam.ts'
import { at, dumpOf } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

const SAMPLED_MS = 5

describe('who may read a PostgreSQL database', () => {
  needs('postgres', 'linux')

  it('names every grant that a user lacks, as statements that mend it', async () => {
    await using db = await database(`
      CREATE SCHEMA "hidden schema"; CREATE TABLE "hidden schema"."T;""x" (i int);
      CREATE TABLE plain (id serial); CREATE TABLE shown (i int);
      CREATE TABLE guarded (i int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
      SELECT lo_create(4711);`)
    const user = databaseName('reader')
    db.pg.psql(db.name, `CREATE ROLE "${user}" LOGIN PASSWORD 'r'; GRANT SELECT ON shown, guarded TO "${user}"`)
    const source = { ...at(db.pg, db.name), user, password: { reveal: () => 'r' } }
    try {
      const { findings } = await engine.probe(source, testHost())
      const fixes = findings
        .filter(({ severity }) => severity === 'incomplete')
        .flatMap((finding) => finding.fixes ?? [])
      assert.deepEqual(fixes, [
        `GRANT USAGE ON SCHEMA "hidden schema" TO "${user}";`,
        `GRANT SELECT ON TABLE "hidden schema"."T;""x" TO "${user}";`,
        `GRANT SELECT ON TABLE "public"."plain" TO "${user}";`,
        `GRANT SELECT ON SEQUENCE "public"."plain_id_seq" TO "${user}";`,
        `GRANT SELECT ON LARGE OBJECT 4711 TO "${user}";`,
        `ALTER ROLE "${user}" BYPASSRLS;`,
      ])
      db.pg.psql(db.name, fixes.join('\n'))
      assert.deepEqual((await engine.probe(source, testHost())).findings, [])
      const dumped = await dump(source)
      assert.equal((await prove(dumped, source)).outcome, 'equal')
    } finally {
      db.pg.psql(db.name, `DROP OWNED BY "${user}"; DROP ROLE "${user}"`)
    }
  })

  it('names the user mappings whose options a user does not see, before they are lost', async () => {
    await using db = await database(`CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w`)
    const user = databaseName('reader')
    db.pg.psql(
      db.name,
      `CREATE ROLE "${user}" LOGIN PASSWORD 'r'; GRANT USAGE ON FOREIGN SERVER s TO "${user}";
       CREATE USER MAPPING FOR "${user}" SERVER s OPTIONS (password 'own')`,
    )
    const source = { ...at(db.pg, db.name), user, password: { reveal: () => 'r' } }
    const lacks = async () =>
      (await engine.probe(source, testHost())).findings.filter(({ severity }) => severity === 'incomplete')
    try {
      assert.deepEqual(await lacks(), [])
      db.pg.psql(db.name, `CREATE USER MAPPING FOR postgres SERVER s OPTIONS (password 'hidden')`)
      const [found] = await lacks()
      assert.match(found?.message ?? '', /may not read the options of the user mapping postgres on s/)
      assert.deepEqual(found?.fixes, ['Only a superuser can read them: back up as one.'])
    } finally {
      db.pg.psql(
        db.name,
        `DROP OWNED BY "${user}" CASCADE; DROP USER MAPPING IF EXISTS FOR "${user}" SERVER s; DROP ROLE "${user}"`,
      )
    }
  })

  it('is not thrown out for having nothing to do, whatever was set for the role', async () => {
    await using db = await database('')
    const user = databaseName('idle')
    db.pg.psql(
      db.name,
      `CREATE ROLE "${user}" LOGIN PASSWORD 'r'; ALTER ROLE "${user}" SET idle_session_timeout = '7s'`,
    )
    try {
      await using host = testHost()
      const place = await placeOf({ ...at(db.pg, db.name), user, password: { reveal: () => 'r' } }, host)
      await using session = await Session.open(place.server, place.database, host)
      assert.deepEqual(await session.rows('SHOW idle_session_timeout'), [{ idle_session_timeout: '0' }])
    } finally {
      db.pg.psql(db.name, `DROP ROLE "${user}"`)
    }
  })

  it('says what would let a proof be made where neither a private server nor a scratch database can be had', async () => {
    await using db = await database('')
    const user = databaseName('reader')
    db.pg.psql(db.name, `CREATE ROLE ${user} LOGIN PASSWORD 'r'`)
    try {
      const source = { ...at(db.pg, db.name), user, password: { reveal: () => 'r' } }
      const { scratch } = await engine.probe(source, testHost(), { mode: 'source' })
      assert.ok(!scratch.possible)
      assert.match(scratch.why, /may not make a scratch database/)
      assert.ok(scratch.hints.includes(`Allow it: ALTER ROLE ${user} CREATEDB;`))
      const atUrl = (where: string) => ({ mode: 'url', url: { reveal: () => `postgres://${where}` } }) as const
      const nowhere = (await engine.probe(source, testHost(), atUrl('nowhere.invalid/x'))).scratch
      assert.ok(!nowhere.possible)
      assert.match(nowhere.why, /what --scratch names cannot be used: .*nowhere\.invalid/)
      const there = `127.0.0.1:${db.pg.port}`
      const login = `${user}:r@${there}`
      assert.deepEqual((await engine.probe(source, testHost(), atUrl(`${login}/${db.name}`))).scratch, {
        possible: true,
      })
      db.pg.psql(db.name, 'CREATE TABLE in_the_way (i int)')
      const full = (await engine.probe(source, testHost(), atUrl(`${login}/${db.name}`))).scratch
      assert.ok(!full.possible)
      assert.match(full.why, /may not make databases on .*, and the database ".*" there is not empty/)
      const admin = atUrl(`postgres:${encodeURIComponent(db.pg.password)}@${there}/${db.name}`)
      assert.deepEqual((await engine.probe(source, testHost(), admin)).scratch, { possible: true })
    } finally {
      db.pg.psql(db.name, `DROP OWNED BY ${user}; DROP ROLE ${user}`)
    }
  })
})

describe('how a PostgreSQL server is reached', () => {
  needs('postgres', 'linux')

  it('takes host:port, a socket directory and a URL', async () => {
    const pg = await testPostgres()
    const { flags } = at(pg, 'postgres')
    const login = { user: pg.user, password: { reveal: () => pg.password } }
    const inUrl = encodeURIComponent(pg.password)
    const ways = [
      { host: `127.0.0.1:${pg.port}`, ...login },
      { host: pg.socketDirectory, port: pg.port, ...login },
      { url: { reveal: () => `postgres://postgres:${inUrl}@127.0.0.1:${pg.port}/postgres?sslmode=disable` } },
      { url: { reveal: () => `postgresql://postgres:${inUrl}@/postgres?host=${pg.socketDirectory}&port=${pg.port}` } },
    ]
    for (const way of ways) {
      assert.equal((await engine.probe({ database: 'postgres', flags, ...way }, testHost())).label, 'postgres')
      const names = await Array.fromAsync(engine.databases({ database: '', flags, ...way }, testHost()))
      assert.ok(names.includes('postgres') && !names.includes('template1'))
    }
  })

  it('refuses a URL that it does not understand, without a word of what is in it', async () => {
    const { flags } = at(await testPostgres(), 'postgres')
    for (const url of ['mysql://u:canary@h/d', 'postgres://u:canary@h/d?canary=1', 'nonsense canary']) {
      const said = await rejected(
        engine.probe({ database: '', flags, url: { reveal: () => url } }, testHost()),
        'USAGE',
      )
      assert.ok(!said.includes('canary') || url.includes('?canary'), said)
    }
  })

  it('refuses to verify a server without an authority, and a server without TLS where TLS is required', async () => {
    const pg = await testPostgres()
    const verify = engine.probe(at(pg, 'postgres', { sslmode: 'verify-full' }), testHost())
    assert.match(await rejected(verify, 'USAGE'), /--postgres-ssl-root-cert/)
    await rejected(engine.probe(at(pg, 'postgres', { sslmode: 'require' }), testHost()), 'SOURCE_UNREACHABLE')
  })

  it('lets nothing of a poisoned environment through, and backs up a LATIN1 database as it is', async () => {
    await using db = await database(
      `CREATE TABLE t AS SELECT 'Gr\u00fc\u00dfe' AS x, '${marker}' AS m`,
      `TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`,
    )
    const home = mkdtempSync(join(tmpdir(), 'dbvault-home-'))
    writeFileSync(join(home, '.pgpass'), '*:*:*:*:wrong\n', { mode: 0o600 })
    const poison = {
      HOME: home,
      PGOPTIONS: '-c default_transaction_isolation=serializable -c search_path=nowhere',
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGDATABASE: 'nowhere',
      PGCLIENTENCODING: 'LATIN1',
      PGSERVICE: 'nowhere',
      PGSSLMODE: 'verify-full',
      PGTZ: 'Asia/Tokyo',
      PGDATESTYLE: 'German',
      LC_ALL: 'de_DE.UTF-8',
    }
    const before = { ...process.env }
    Object.assign(process.env, poison)
    try {
      const dumped = await dump(at(db.pg, db.name))
      const proof = await prove(dumped, at(db.pg, db.name))
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    } finally {
      for (const name of Object.keys(poison)) delete process.env[name]
      Object.assign(process.env, before)
      rmSync(home, { recursive: true })
    }
  })

  it('takes the password file and the environment of libpq when asked to', async () => {
    const pg = await testPostgres()
    const home = mkdtempSync(join(tmpdir(), 'dbvault-home-'))
    const escaped = pg.password.replaceAll(/[\\:]/g, '\\$&')
    writeFileSync(
      join(home, 'pass'),
      `# a comment\nelsewhere:*:*:*:wrong\n127.0.0.1:${pg.port}:*:postgres:${escaped}\n`,
    )
    const set = { PGHOST: '127.0.0.1', PGPORT: String(pg.port), PGUSER: 'postgres', PGPASSFILE: join(home, 'pass') }
    Object.assign(process.env, set)
    try {
      const { flags } = at(pg, 'postgres', { 'use-environment': true })
      assert.equal((await engine.probe({ database: 'postgres', flags }, testHost())).label, 'postgres')
    } finally {
      for (const name of Object.keys(set)) delete process.env[name]
      rmSync(home, { recursive: true })
    }
  })

  it('shows the password to no process, in arguments or environment, through dump and proof', async () => {
    await using db = await database(`CREATE TABLE t AS SELECT i, md5(i::text) AS x FROM generate_series(1, 20000) i`)
    const shown: string[] = []
    const sampler = setInterval(() => shown.push(...sample()), SAMPLED_MS)
    try {
      const dumped = await dump(at(db.pg, db.name))
      await prove(dumped, at(db.pg, db.name))
      await prove(dumped, at(db.pg, db.name), { mode: 'source' })
    } finally {
      clearInterval(sampler)
    }
    assert.ok(
      shown.some((text) => text.includes('pg_dump')),
      'pg_dump was seen',
    )
    assert.ok(
      shown.some((text) => text.includes('pg_restore')),
      'pg_restore was seen',
    )
    assert.ok(!shown.some((text) => text.includes(db.pg.password)), 'the password was not')
  })

  it('dumps and restores databases whose names break careless quoting', async () => {
    for (const name of [`it's "odd"; \\ $x = %s`, 'dbname=postgres', '\u{1f600} upper CASE']) {
      const pg = await testPostgres()
      const quoted = `"${name.replaceAll('"', '""')}"`
      pg.psql('postgres', `CREATE DATABASE ${quoted}`)
      try {
        const source = at(pg, name)
        assert.equal((await engine.probe(source, testHost())).label, name)
        const dumped = await dump(source)
        await engine.restore(
          { stored: dumped.stored, target: { ...source, replace: true }, expected: dumped.fingerprint },
          testHost(),
        )
        assert.notEqual(dumpOf(pg, 'postgres'), '')
      } finally {
        pg.psql('postgres', `DROP DATABASE ${quoted}`)
      }
    }
  })
})

/** Arguments and environment of what this process has started, however deep. */
function sample(): string[] {
  const parents = new Map<string, string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      parents.set(
        pid,
        readFileSync(`/proc/${pid}/stat`, 'latin1')
          .replace(/^.*\) \S+ /s, '')
          .split(' ')[0] ?? '',
      )
    } catch {
      // It has ended meanwhile.
    }
  }
  const ours = (pid: string | undefined): boolean =>
    pid !== undefined && (parents.get(pid) === String(process.pid) || ours(parents.get(pid)))
  return [...parents.keys()]
    .filter((pid) => ours(pid))
    .flatMap((pid) => {
      try {
        const about = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return /pg_dump|pg_restore|postgres|initdb/.test(about)
          ? [about, readFileSync(`/proc/${pid}/environ`, 'utf8')]
          : []
      } catch {
        return [] // It has ended meanwhile.
      }
    })
}
