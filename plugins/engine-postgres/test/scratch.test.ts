import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testPostgres } from '../../../test/servers/postgres.ts'
import { everything } from './support/everything.ts'
import { database, dump, prove } from './support/exam.ts'
import { at, drop, dumpOf, harness } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

const SCRATCH = `SELECT datname FROM pg_database WHERE datname LIKE 'dbvault\\_scratch\\_%' ORDER BY 1`

describe('a scratch database on the source', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('proves everything that can be in a dump, and leaves the source as it was', async () => {
    await using db = await database(everything)
    const before = dumpOf(db.pg, db.name)
    const dumped = await dump(at(db.pg, db.name))
    const proof = await prove(dumped, at(db.pg, db.name), { mode: 'source' })
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    assert.equal(dumpOf(db.pg, db.name), before)
  })

  it('removes what killed runs have left, though one of it cannot be removed', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const [first, second] = ['dbvault_scratch_0000000000000001', 'dbvault_scratch_0000000000000002']
    db.pg.psql('postgres', `CREATE DATABASE ${first} IS_TEMPLATE true`)
    db.pg.psql('postgres', `CREATE DATABASE ${second}`)
    try {
      assert.equal(
        (await prove(await dump(at(db.pg, db.name)), at(db.pg, db.name), { mode: 'source' })).outcome,
        'equal',
      )
      const left = db.pg.psql('postgres', `SELECT datname FROM pg_database WHERE datname ~ '^dbvault_'`)
      assert.equal(left, `${first}\n`)
    } finally {
      db.pg.psql('postgres', `ALTER DATABASE ${first} IS_TEMPLATE false`)
      drop(db.pg, first)
      drop(db.pg, second)
    }
  })

  it('proves a subscription, publications and mappings without making them', async () => {
    await using db = await database(`CREATE TABLE t (i int PRIMARY KEY);
      CREATE PUBLICATION pub FOR TABLE t; COMMENT ON PUBLICATION pub IS 'x';
      CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 dbname=nosuch' PUBLICATION pub WITH (connect = false, slot_name = NONE);
      COMMENT ON SUBSCRIPTION sub IS 'x';`)
    try {
      const dumped = await dump(at(db.pg, db.name))
      for (const mode of ['source', 'private'] as const)
        assert.equal((await prove(dumped, at(db.pg, db.name), { mode })).outcome, 'equal')
    } finally {
      db.pg.psql(db.name, 'DROP SUBSCRIPTION sub')
    }
  })

  it('can be on another server, which a URL names', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    const url = {
      reveal: () => `postgres://postgres:${encodeURIComponent(db.pg.password)}@127.0.0.1:${db.pg.port}/template1`,
    }
    assert.equal((await prove(dumped, at(db.pg, db.name), { mode: 'url', url })).outcome, 'equal')
  })

  it('is not in the way of another one at the same time', async () => {
    await using db = await database('CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i')
    const dumped = await dump(at(db.pg, db.name))
    const proofs = await Promise.all(
      Array.from({ length: 4 }, () => prove(dumped, at(db.pg, db.name), { mode: 'source' })),
    )
    assert.deepEqual(
      proofs.map(({ outcome }) => outcome),
      Array(4).fill('equal'),
    )
  })

  it('of a killed run is removed by the next one, and never that of a run that lives', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    const held = holder(db.pg.port, db.pg.password)
    const killed = holder(db.pg.port, db.pg.password)
    const [living] = (await once(held, 'message')) as [string]
    const [dead] = (await once(killed, 'message')) as [string]
    const gone = once(killed, 'exit')
    killed.kill('SIGKILL')
    await gone
    while (db.pg.psql('postgres', `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' OFFSET 1`) !== '');
    assert.deepEqual(db.pg.psql('postgres', SCRATCH).trim().split('\n'), [dead, living].sort())
    await using host = testHost()
    await prove(dumped, at(db.pg, db.name), { mode: 'source', host })
    assert.ok(host.events.some((event) => event.kind === 'warning' && event.message.includes(dead)))
    assert.equal(db.pg.psql('postgres', SCRATCH).trim(), living)
    const ended = once(held, 'exit')
    held.send('end')
    await ended
  })

  function holder(port: number, password: string) {
    const script = fileURLToPath(new URL('./support/scratch-holder.ts', import.meta.url))
    return fork(script, [String(port)], { env: { ...process.env, CANARY: password } })
  }
})

describe('a private server', () => {
  needs('postgres', 'linux')

  it('ends with the run that started it, also when that is killed', async () => {
    const temp = mkdtempSync(join(tmpdir(), 'dbvault-test-'))
    const script = fileURLToPath(new URL('./support/private-holder.ts', import.meta.url))
    const child = fork(script, [temp], { env: process.env })
    const [{ pid }] = (await once(child, 'message')) as [{ pid: number }]
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    const deadline = Date.now() + 20_000
    while (isRunning(pid)) assert.ok(Date.now() < deadline, 'the server still runs')
    assert.equal(readdirSync(temp).length, 1, 'what it wrote is left for the sweep')
    rmSync(temp, { recursive: true })
  })

  for (const [size, rows] of Object.entries({ small: 10, large: 150_000 })) {
    describe(`that a ${size} database is restored into`, () => {
      const table = `CREATE TABLE filler AS SELECT i, repeat(md5(i::text), 5) AS text FROM generate_series(1, ${rows}) i;`

      it('has all that belongs to its tables: indexes, keys, triggers, views with rows', async () => {
        await using db = await database(`${everything}; ${table} ALTER TABLE filler ADD PRIMARY KEY (i);
          CREATE INDEX ON filler (text); CREATE TABLE filler_of (i int REFERENCES filler);
          CREATE MATERIALIZED VIEW summed AS SELECT count(*) FROM filler; CREATE UNIQUE INDEX ON summed (count);`)
        const dumped = await dump(at(db.pg, db.name))
        assert.equal((dumped.bytes[0]?.length ?? 0) > 20_000_000, size === 'large')
        const proof = await prove(dumped, at(db.pg, db.name), { mode: 'private' })
        assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
      })

      it('refuses what its own unique index does not let in, and what a foreign key of it has no row for', async () => {
        for (const [corrupt, said] of [
          [
            `UPDATE pg_index SET indisunique = true WHERE indexrelid = 'filler_text_idx'::regclass`,
            /could not create unique index/,
          ],
          [
            `SET session_replication_role = replica; INSERT INTO filler_of VALUES (-1)`,
            /violates foreign key constraint/,
          ],
        ] as const) {
          await using db = await database(`${table} INSERT INTO filler VALUES (0, 'twice'), (-2, 'twice');
            ALTER TABLE filler ADD PRIMARY KEY (i); CREATE INDEX ON filler (text); CREATE TABLE filler_of (i int REFERENCES filler)`)
          db.pg.psql(db.name, corrupt)
          const dumped = await dump(at(db.pg, db.name))
          await assert.rejects(prove(dumped, at(db.pg, db.name), { mode: 'private' }), {
            code: 'PROOF_FAILED',
            message: said,
          })
        }
      })
    })
  }

  it('knows the roles that policies and values name', async () => {
    await using db =
      await database(`CREATE ROLE "Odd ""role"; CREATE TABLE t (r regrole); INSERT INTO t VALUES ('"Odd ""role"');
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t TO "Odd ""role" USING (true);`)
    try {
      const dumped = await dump(at(db.pg, db.name))
      const proof = await prove(dumped, at(db.pg, db.name), { mode: 'private' })
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    } finally {
      db.pg.psql(db.name, 'DROP TABLE t; DROP ROLE "Odd ""role"')
    }
  })

  it('proves a table whose columns a restore brings back in another order', async () => {
    await using db =
      await database(`CREATE TABLE par (i int); CREATE TABLE chi (j int) INHERITS (par); INSERT INTO chi VALUES (1, 2);
      ALTER TABLE par ADD COLUMN z text DEFAULT 'z'; ALTER TABLE par DROP COLUMN i;`)
    const dumped = await dump(at(db.pg, db.name))
    const proof = await prove(dumped, at(db.pg, db.name))
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
  })
})

describe('an extension that lives in one database of a server', () => {
  needs('postgres', 'pg_cron', 'linux')

  it('proves the tables of a database that pg_cron lives in, without its jobs', async () => {
    const pg = await testPostgres()
    pg.psql('postgres', 'CREATE DATABASE with_cron')
    try {
      pg.psql(
        'with_cron',
        `CREATE EXTENSION pg_cron; CREATE TABLE t AS SELECT 1 AS i; SELECT cron.schedule('job', '0 0 1 1 *', 'SELECT 1')`,
      )
      const dumped = await dump(at(pg, 'with_cron'))
      assert.equal((await prove(dumped, at(pg, 'with_cron'))).outcome, 'equal')
      assert.equal((await prove(dumped, at(pg, 'with_cron'), { mode: 'source' })).outcome, 'equal')
    } finally {
      pg.psql('postgres', 'DROP DATABASE with_cron WITH (FORCE)')
    }
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
