import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import {
  databaseName,
  startPostgres,
  testPostgres,
  type Running,
  type TestPostgres,
} from '../../../test/servers/postgres.ts'
import { POSTGRES_17, POSTGRES_18, needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { everything } from './support/everything.ts'
import { dump, prove, rejected, type Dumped } from './support/exam.ts'
import { at, drop, dumpOf } from './support/harness.ts'

for (const [version, binDir, tool] of [
  [17, POSTGRES_17, 'postgres 17'],
  [18, POSTGRES_18, 'postgres 18'],
] as const) {
  describe(`PostgreSQL ${version}, with its own programs`, () => {
    needs('postgres', tool, 'linux')

    const flags = { 'bin-dir': binDir }
    let newer: Running
    let older: TestPostgres
    const name = databaseName('versions')

    before(async function () {
      this.timeout(60_000)
      older = await testPostgres()
      newer = await startPostgres(binDir)
      for (const server of [older, newer]) {
        server.psql('postgres', `CREATE DATABASE ${name}`)
        server.psql(name, everything)
      }
    })
    after(async () => {
      await newer?.stop()
      drop(older, name)
    })

    it('is dumped, checked, proven and restored, in both formats, as another program sees it', async () => {
      for (const format of ['custom', 'plain'] as const) {
        const source = at(newer, name, { ...flags, format })
        const dumped = await dump(source)
        await engine.check(dumped.stored, testHost())
        for (const mode of ['private', 'source'] as const) {
          const proof = await prove(dumped, source, { mode })
          assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []], `${format} ${mode}`)
        }
        await restored(dumped, newer, flags, (again) => assert.equal(dumpOf(newer, again), dumpOf(newer, name)))
      }
    })

    it('dumps an older server; that is proven on a private server of its own, and restored into the older one', async () => {
      for (const format of ['custom', 'plain'] as const) {
        const source = at(older, name, { ...flags, format })
        assert.match((await engine.probe(source, testHost())).tools?.['pg_dump'] ?? '', new RegExp(`^${version}\\.`))
        const dumped = await dump(source)
        for (const mode of ['private', 'source'] as const) {
          const proof = await prove(dumped, source, { mode })
          assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []], `${format} ${mode}`)
        }
        await restored(dumped, older, flags, (again) => assert.equal(dumpOf(older, again), dumpOf(older, name)))
      }
    })

    it('takes what an older pg_dump has written, with the older or its own pg_restore', async () => {
      const dumped = await dump(at(older, name))
      for (const each of [flags, {}]) {
        await restored(dumped, newer, each, (again) => {
          assert.equal(newer.psql(again, 'SELECT count(*) FROM bulk'), '1500\n')
        })
      }
    })

    it('wrote an archive that no older pg_restore can read, which is said before anything is made', async () => {
      const dumped = await dump(at(newer, name, flags))
      const own = { 'bin-dir': older.binDir }
      const target = { ...at(newer, databaseName('never'), own), replace: false }
      const said = await rejected(
        engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost()),
        'TOOL_UNSUITABLE',
      )
      assert.match(said, new RegExp(`No pg_restore here \\(15\\) reads an archive of pg_dump ${version}`))
      assert.match(said, new RegExp(`Install postgresql-client-${version}`))
      assert.equal((await engine.inspect(target, testHost())).state, 'absent')
      await rejected(prove(dumped, at(newer, name, own), { mode: 'source' }), 'TOOL_UNSUITABLE')
    })

    it('may be too new for an older server, which then is as it was', async () => {
      newer.psql('postgres', `CREATE DATABASE modest LOCALE 'C.UTF-8' TEMPLATE template0`)
      newer.psql('modest', `CREATE TABLE t (id serial PRIMARY KEY, x text NOT NULL); INSERT INTO t (x) VALUES ('a')`)
      const modest = await dump(at(newer, 'modest', flags))
      await restored(modest, older, flags, (again) => assert.equal(older.psql(again, 'SELECT x FROM t'), 'a\n'))

      newer.psql(
        'modest',
        `CREATE TABLE j AS SELECT 1 AS i; CREATE VIEW v AS SELECT * FROM json_table('[1]', '$[*]' COLUMNS (i int PATH '$'))`,
      )
      const dumped = await dump(at(newer, 'modest', flags))
      const target = { ...at(older, databaseName('never'), flags), replace: false }
      const refused = engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
      assert.match(await rejected(refused, 'RESTORE_FAILED'), /The server refused: .*\. The target is as it was/)
      assert.equal((await engine.inspect(target, testHost())).state, 'absent')
    })
  })
}

async function restored(
  { stored, fingerprint }: Dumped,
  server: TestPostgres,
  flags: Partial<Parameters<typeof at>[2]>,
  look: (name: string) => void,
): Promise<void> {
  const name = databaseName('again')
  try {
    const target = { ...at(server, name, flags), replace: false }
    const report = await engine.restore({ stored, target, expected: fingerprint }, testHost())
    assert.equal(report.outcome, 'equal')
    look(name)
  } finally {
    drop(server, name)
  }
}
