import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import engine from '../src/index.ts'
import { startPostgres } from '../../../test/servers/postgres.ts'
import { database, dump, programs, prove, rejected } from './support/exam.ts'
import { at, harness } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

/** Enough for a dump to be in its middle when its first bytes have come: more than all buffers on the way. */
const LARGE = `CREATE TABLE large AS SELECT i, repeat(md5(i::text), 30) AS t FROM generate_series(1, 60000) i`

describe('a PostgreSQL dump that goes wrong', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('throws DUMP_FAILED when pg_dump is killed in its middle', async () => {
    await using db = await database(LARGE)
    using bin = programs(db.pg, { pg_dump: '"$real" "$@" | head -c 5000000; kill -9 $$' })
    await rejected(dump(at(db.pg, db.name, { 'bin-dir': bin.path })), 'DUMP_FAILED')
  })

  it('throws DUMP_INCOMPLETE when pg_dump exits with 0 after half of its output', async () => {
    await using db = await database(LARGE)
    using bin = programs(db.pg, { pg_dump: '"$real" "$@" | head -c 5000000; exit 0' })
    const said = await rejected(dump(at(db.pg, db.name, { 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
    assert.match(said, /not a whole archive of pg_dump: it ends in the middle of a block of data/)
  })

  it('throws DUMP_INCOMPLETE when pg_dump writes nothing and exits with 0', async () => {
    await using db = await database('')
    using bin = programs(db.pg, { pg_dump: 'exit 0' })
    await rejected(dump(at(db.pg, db.name, { 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
  })

  it('throws DUMP_INCOMPLETE when pg_dumpall stops before its end', async () => {
    await using db = await database('')
    using bin = programs(db.pg, { pg_dumpall: '"$real" "$@" | head -n 3; exit 0' })
    await rejected(dump(at(db.pg, db.name, { 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
  })

  it('keeps a short message of a pg_dump that prints 20 MB on stderr', async () => {
    await using db = await database('')
    using bin = programs(db.pg, {
      pg_dump:
        'yes "row data row data" | head -c 20000000 >&2; echo >&2; echo "pg_dump: error: it went wrong" >&2; exit 1',
    })
    const said = await rejected(dump(at(db.pg, db.name, { 'bin-dir': bin.path })), 'DUMP_FAILED')
    assert.equal(said, 'pg_dump failed: pg_dump: error: it went wrong')
  })

  it('throws a retryable error when the session of pg_dump is terminated', async () => {
    await using db = await database(LARGE)
    const ended = dump(at(db.pg, db.name), testHost(), async () => {
      const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${db.name}' AND query LIKE 'COPY%'`
      assert.match(db.pg.psql('postgres', sql), /t/)
    })
    await assert.rejects(ended, { code: 'DUMP_FAILED', retryable: true })
  })

  it('throws when the session that holds the snapshot is terminated', async () => {
    await using db = await database(LARGE)
    const ended = dump(at(db.pg, db.name), testHost(), async () => {
      const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${db.name}'`
      db.pg.psql('postgres', sql)
    })
    await assert.rejects(ended, (error: Error & { code?: string }) =>
      ['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? ''),
    )
  })

  it('throws when the server stops in the middle', async () => {
    const own = await startPostgres()
    try {
      own.psql('postgres', LARGE)
      const ended = dump(at(own, 'postgres'), testHost(), () => own.crash())
      await assert.rejects(ended, (error: Error & { code?: string; retryable?: boolean }) => {
        assert.equal(error.retryable, true)
        return ['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? '')
      })
      const gone = engine.probe(at(own, 'postgres'), testHost())
      await assert.rejects(gone, { code: 'SOURCE_UNREACHABLE', retryable: true })
    } finally {
      await own.stop()
    }
  })

  it('gives up on a table that another session has locked for longer than the time-out', async () => {
    await using db = await database('CREATE TABLE locked (i int)')
    const locker = new pg.Client({ ...db.pg, database: db.name })
    await locker.connect()
    try {
      await locker.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE')
      const waiting = dump(at(db.pg, db.name, { 'lock-timeout': 1 }))
      await assert.rejects(waiting, { code: 'DUMP_FAILED', retryable: true })
    } finally {
      await locker.end()
    }
  })

  it('says which program is missing, and how to get it', async () => {
    await using db = await database('')
    using bin = programs(db.pg, { pg_dump: null })
    const said = await rejected(engine.probe(at(db.pg, db.name, { 'bin-dir': bin.path }), testHost()), 'TOOL_NOT_FOUND')
    assert.match(said, /pg_dump was not found\n.*postgresql-client-/)
  })

  it('refuses a release of pg_dump that loses the positions of sequences', async () => {
    await using db = await database('')
    using bin = programs(db.pg, {})
    execFileSync('sh', [
      '-c',
      `rm ${bin.path}/pg_dump; printf '#!/bin/sh\\necho "pg_dump (PostgreSQL) 18.1"\\n' > ${bin.path}/pg_dump; chmod +x ${bin.path}/pg_dump`,
    ])
    const said = await rejected(
      engine.probe(at(db.pg, db.name, { 'bin-dir': bin.path }), testHost()),
      'TOOL_UNSUITABLE',
    )
    assert.match(said, /18\.1 loses the positions of sequences/)
  })
})

describe('a proof that goes wrong for a reason of the machine', () => {
  needs('postgres', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  it('throws PROOF_UNFINISHED when the disk of the private server is full', async function () {
    if (process.getuid?.() !== 0) this.skip()
    await using db = await database(`${LARGE}; CREATE INDEX ON large (t)`)
    const dumped = await dump(at(db.pg, db.name))
    const small = mkdtempSync(join(tmpdir(), 'dbvault-small-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m,mode=755', 'tmpfs', small])
    try {
      await using full = testHost({ within: small })
      const proving = engine.prove(
        {
          stored: dumped.stored,
          expected: dumped.fingerprint,
          scratch: { mode: 'private', flags: at(db.pg, db.name).flags },
        },
        full,
      )
      const said = await rejected(proving, 'PROOF_UNFINISHED')
      assert.match(said, /could not extend file|No space left on device/)
      assert.match(said, /--temp-dir/)
    } finally {
      execFileSync('umount', [small])
      rmSync(small, { recursive: true })
    }
  })

  it('throws PROOF_UNFINISHED when pg_restore is killed', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    using bin = programs(db.pg, { pg_restore: 'head -c 2000 >/dev/null; kill -9 $$' })
    await rejected(prove(dumped, at(db.pg, db.name, { 'bin-dir': bin.path })), 'PROOF_UNFINISHED')
  })

  it('throws PROOF_FAILED when pg_restore exits with 0 and has restored nothing', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    using bin = programs(db.pg, { pg_restore: 'exit 0' })
    const proof = await prove(dumped, at(db.pg, db.name, { 'bin-dir': bin.path }))
    assert.deepEqual([proof.outcome, proof.differences], ['different', ['table "public.t" is missing']])
  })

  it('falls back to a scratch database on the source where no private server can be started', async () => {
    await using db = await database('CREATE TABLE t AS SELECT 1 AS i')
    const dumped = await dump(at(db.pg, db.name))
    using bin = programs(db.pg, { initdb: null })
    const source = at(db.pg, db.name, { 'bin-dir': bin.path })
    assert.equal((await prove(dumped, source)).outcome, 'equal')
    const said = await rejected(prove(dumped, source, { mode: 'private' }), 'PROOF_UNFINISHED')
    assert.match(said, /no PostgreSQL 15 to start a private server from/)
  })
})
