import { testHost } from 'dbvault/testing'
import type { Source } from 'dbvault'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type TestPostgres } from '../../../test/servers/postgres.ts'
import { startTcpProxy, type TcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import type { Flags } from '../src/descriptor.ts'
import engine from '../src/index.ts'
import { database, dump, prove, rejected } from './support/exam.ts'
import { at, harness } from './support/harness.ts'

/** More than all buffers on the way. */
const LARGE = `CREATE TABLE large AS SELECT i, repeat(md5(i::text), 30) AS t FROM generate_series(1, 60000) i`
/** Takes a while to restore. */
const SLOW = `CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(30) WHERE current_database() LIKE $q$dbvault%$q$; RETURN i; END $$;
  CREATE TABLE t AS SELECT 1 AS i; CREATE INDEX ON t (slow(i))`
/** A connection that stands still ends with the run, and not when it likes. */
const SOON_MS = 15_000

describe('a PostgreSQL server whose network fails', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('makes the dump fail, as something to try again, when it is cut in the middle', async () => {
    await using db = await database(LARGE)
    await using proxy = await startTcpProxy({ host: db.pg.host, port: db.pg.port })
    await assert.rejects(
      dump(through(proxy, db), testHost(), async () => proxy.cut()),
      isRetryable,
    )
    await assert.rejects(engine.probe(through(proxy, db), testHost()), { code: 'SOURCE_UNREACHABLE', retryable: true })
  })

  it('ends with the run when it stands still in the middle of a dump', async () => {
    await using db = await database(LARGE)
    await using proxy = await startTcpProxy({ host: db.pg.host, port: db.pg.port })
    await using host = testHost()
    let frozen = 0
    const dumping = dump(through(proxy, db), host, async () => {
      proxy.freeze()
      frozen = performance.now()
      setTimeout(() => host.abort(host.error('TIMED_OUT', 'It took too long')), 100)
    })
    await rejected(dumping, 'TIMED_OUT')
    assert.ok(performance.now() - frozen < SOON_MS, `${performance.now() - frozen} ms`)
    proxy.cut()
  })

  it('ends with the run when it stands still before anything was said', async () => {
    await using db = await database('')
    await using proxy = await startTcpProxy({ host: db.pg.host, port: db.pg.port })
    proxy.freeze()
    await using host = testHost()
    const probing = engine.probe(through(proxy, db), host)
    host.abort(host.error('TIMED_OUT', 'It took too long'))
    await rejected(probing, 'TIMED_OUT')
  })

  for (const [what, format] of [
    ['an archive', 'custom'],
    ['SQL', 'plain'],
  ] as const) {
    it(`leaves a proof of ${what} unfinished when it is cut in the middle, and what could not be removed to the next run`, async () => {
      await using db = await database(LARGE)
      const dumped = await dump(at(db.pg, db.name, { format }))
      await using proxy = await startTcpProxy({ host: db.pg.host, port: db.pg.port })
      await using host = testHost()
      const proving = prove(dumped, through(proxy, db), { mode: 'source', host })
      proving.catch(() => {})
      await restoring(db.pg)
      proxy.cut()
      await rejected(proving, 'PROOF_UNFINISHED')
      const warned = host.events.filter((event) => event.kind === 'warning')
      assert.match(warned[0]?.message ?? '', /scratch database dbvault_scratch_\w+ could not be removed now/)
      await gone(db.pg)
      await using next = testHost()
      assert.equal((await prove(dumped, at(db.pg, db.name), { mode: 'source', host: next })).outcome, 'equal')
      assert.match(
        JSON.stringify(next.events),
        /Removed the database .*dbvault_scratch_\w+.*, which a killed run had left/,
      )
    })
  }

  it('ends a proof with the run when it stands still, and is rid of the scratch afterwards', async () => {
    await using db = await database(LARGE)
    const dumped = await dump(at(db.pg, db.name))
    await using proxy = await startTcpProxy({ host: db.pg.host, port: db.pg.port })
    await using host = testHost()
    const proving = prove(dumped, through(proxy, db), { mode: 'source', host })
    proving.catch(() => {})
    await restoring(db.pg)
    proxy.freeze()
    host.abort(host.error('TIMED_OUT', 'It took too long'))
    setTimeout(() => proxy.thaw(), 500)
    await rejected(proving, 'TIMED_OUT')
  })
})

describe('a proof on a PostgreSQL server that goes away', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('is unfinished when the session that restores is terminated', async () => {
    await using db = await database(SLOW)
    for (const format of ['custom', 'plain'] as const) {
      const dumped = await dump(at(db.pg, db.name, { format }))
      const proving = prove(dumped, at(db.pg, db.name), { mode: 'source' })
      proving.catch(() => {})
      await restoring(db.pg)
      db.pg.psql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'dbvault\\_scratch%'`,
      )
      await rejected(proving, 'PROOF_UNFINISHED')
    }
  })

  it('is unfinished when the server stops; what it had made is removed by the next run', async function () {
    this.timeout(60_000)
    await using db = await database(LARGE)
    const own = await startPostgres()
    try {
      const dumped = await dump(at(db.pg, db.name))
      const proving = prove(dumped, at(own, 'postgres'), { mode: 'source' })
      proving.catch(() => {})
      await restoring(own)
      await own.crash()
      await rejected(proving, 'PROOF_UNFINISHED')
      await own.start()
      const left = `SELECT count(*) FROM pg_database WHERE datname LIKE 'dbvault\\_scratch%'`
      assert.equal(own.psql('postgres', left), '1\n')
      assert.equal((await prove(dumped, at(own, 'postgres'), { mode: 'source' })).outcome, 'equal')
      assert.equal(own.psql('postgres', left), '0\n')
    } finally {
      await own.stop()
    }
  })
})

function through({ port }: TcpProxy, { pg, name }: { pg: TestPostgres; name: string }): Source<Flags> {
  return { ...at(pg, name), port }
}

function isRetryable(error: Error & { code?: string; retryable?: boolean }): boolean {
  assert.equal(error.retryable, true, error.stack)
  return ['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? '')
}

/** A restore into a scratch database is under way. */
async function restoring(pg: TestPostgres): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'dbvault\\_scratch%' AND query ~ '^(COPY|CREATE INDEX)' AND state = 'active'`
  await until(() => pg.psql('postgres', sql) !== '')
}

/** The server has noticed that nobody is connected to a scratch database any more. */
async function gone(pg: TestPostgres): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'dbvault%'`
  await until(() => pg.psql('postgres', sql) === '')
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !condition(); await delay(10)) assert.ok(Date.now() < deadline)
}
