import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type Running } from '../../../test/servers/postgres.ts'
import { NEWER_POSTGRES, needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { database, dump, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

describe('a PostgreSQL server that is newer than every pg_dump here', () => {
  needs('a newer postgres', 'postgres', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-newer-'))
  let newer: Running

  before(async function () {
    this.timeout(60_000)
    // Where it was installed the user that it runs as may not look.
    chmodSync(folder, 0o755)
    cpSync(NEWER_POSTGRES, folder, { recursive: true, verbatimSymlinks: true })
    newer = await startPostgres(join(folder, 'bin'))
  })
  after(async () => {
    await newer?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is refused before and at the dump, with the versions and the package to install', async () => {
    const source = at(newer, 'postgres')
    for (const attempt of [engine.probe(source, testHost()), dump(source)]) {
      const said = await rejected(attempt, 'TOOL_UNSUITABLE')
      assert.match(said, /newest pg_dump here is \d+\.\d+, and the server is 18: .*\nInstall postgresql-client-18/)
    }
  })

  it('takes a restore of what an older one has dumped, and equals it', async () => {
    await using db = await database(`CREATE TABLE t (id serial PRIMARY KEY, x text NOT NULL);
      INSERT INTO t (x) SELECT md5(i::text) FROM generate_series(1, 1000) i; CREATE VIEW v AS SELECT * FROM t`)
    const dumped = await dump(at(db.pg, db.name))
    const target = { ...at(newer, 'moved'), replace: false }
    const report = await engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
    assert.equal(report.outcome, 'equal')
  })

  it('can be where an older dump is proven', async () => {
    await using db = await database('CREATE TABLE t (id serial PRIMARY KEY, x text NOT NULL)')
    const dumped = await dump(at(db.pg, db.name))
    const url = {
      reveal: () => `postgres://postgres:${encodeURIComponent(newer.password)}@127.0.0.1:${newer.port}/postgres`,
    }
    const scratch = { mode: 'url', url, flags: at(db.pg, db.name).flags } as const
    const proof = await engine.prove({ stored: dumped.stored, expected: dumped.fingerprint, scratch }, testHost())
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
  })
})
