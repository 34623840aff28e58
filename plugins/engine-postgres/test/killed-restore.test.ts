import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { databaseName, type TestPostgres } from '../../../test/servers/postgres.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { database, dump, type Dumped } from './support/exam.ts'
import { at, drop, harness } from './support/harness.ts'

/** Takes a minute to restore beside a target, and no time elsewhere. Waiting for rows would keep the server from dropping any database. */
const SLOW = `CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN
    PERFORM pg_sleep(60) WHERE current_database() ~ '^(dead|living)'; RETURN i; END $f$;
  CREATE TABLE t AS SELECT 1 AS i; CREATE INDEX ON t (slow(i))`
const HOLDER = fileURLToPath(new URL('./support/restore-holder.ts', import.meta.url))

describe('a restore of a PostgreSQL database that is killed', () => {
  needs('postgres', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-killed-'))
  after(() => rmSync(folder, { recursive: true }))
  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('leaves a database that the next restore removes, which never touches that of a restore that lives', async () => {
    await using db = await database(SLOW)
    const dumped = await dump(at(db.pg, db.name))
    const archive = join(folder, 'archive')
    writeFileSync(archive, dumped.bytes[0] ?? '')
    const [dead, living, own] = [databaseName('dead'), databaseName('living'), databaseName('own')]
    const holders = [dead, living].map((name) =>
      fork(HOLDER, [archive, String(db.pg.port), name], { env: { ...process.env, CANARY: db.pg.password } }),
    )
    try {
      const building = `SELECT count(*) FROM pg_stat_activity WHERE datname ~ '_dbvault_[0-9a-f]{16}$' AND query LIKE 'CREATE INDEX%'`
      await until(() => db.pg.psql('postgres', building) === '2\n')
      await kill(holders[0])
      assert.equal(beside(db.pg).length, 2)
      // Of the same form, but somebody else's.
      db.pg.psql('postgres', `CREATE DATABASE ${own}_dbvault_0123456789abcdef`)
      await unused(db.pg, dead)
      const said = await restored(db.pg, dumped)
      assert.match(said, new RegExp(`Removed the database .*${dead}_dbvault_`))
      assert.deepEqual(
        beside(db.pg).map((name) => name.replace(/_dbvault_.*/, '')),
        [living, own],
      )
      await kill(holders[1])
      await unused(db.pg, living)
      assert.match(await restored(db.pg, dumped), new RegExp(`Removed the database .*${living}_dbvault_`))
    } finally {
      for (const child of holders) child.kill('SIGKILL')
      drop(db.pg, `${own}_dbvault_0123456789abcdef`)
    }
  })

  it('is one of two at once into one new database: the other is refused, and what is there is whole', async () => {
    await using db = await database(`CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i`)
    const dumped = await dump(at(db.pg, db.name))
    const name = databaseName('wanted')
    try {
      const target = { ...at(db.pg, name), replace: false }
      const request = { stored: dumped.stored, target, expected: dumped.fingerprint }
      const [first, second] = await Promise.allSettled([1, 2].map(() => engine.restore(request, testHost())))
      const refused = [first, second].flatMap((result) =>
        result?.status === 'rejected' ? [result.reason as Error] : [],
      )
      assert.equal(refused.length, 1)
      assert.match(refused[0]?.message ?? '', /already exists/)
      assert.equal(db.pg.psql(name, 'SELECT count(*) FROM t'), '20000\n')
    } finally {
      drop(db.pg, name)
    }
  })
})

async function restored(pg: TestPostgres, { stored, fingerprint }: Dumped): Promise<string> {
  const name = databaseName('restored')
  await using host = testHost()
  try {
    await engine.restore({ stored, target: { ...at(pg, name), replace: false }, expected: fingerprint }, host)
    return JSON.stringify(host.events)
  } finally {
    drop(pg, name)
  }
}

function beside(pg: TestPostgres): string[] {
  return pg
    .psql('postgres', `SELECT datname FROM pg_database WHERE datname ~ '_dbvault_[0-9a-f]+$' ORDER BY 1`)
    .split('\n')
    .filter((name) => name !== '')
}

/** Ends what pg_restore had begun when it was left alone. */
async function unused(pg: TestPostgres, name: string): Promise<void> {
  pg.psql('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE '${name}%'`)
  const sql = `SELECT 1 FROM pg_stat_activity WHERE datname LIKE '${name}%' UNION ALL
    SELECT 1 FROM pg_locks l WHERE locktype = 'advisory' AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid)`
  await until(() => pg.psql('postgres', sql) === '')
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await delay(10)) assert.ok(Date.now() < deadline)
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
