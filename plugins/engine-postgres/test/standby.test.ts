import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type Running } from '../../../test/servers/postgres.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { everything } from './support/everything.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { at, dumpOf } from './support/harness.ts'

describe('a standby of a PostgreSQL server', () => {
  needs('postgres', 'linux')

  let primary: Running
  let standby: Running

  before(async function () {
    this.timeout(60_000)
    primary = await startPostgres()
    standby = await startPostgres(primary.binDir, primary)
    primary.psql('postgres', everything)
    const written = primary.psql('postgres', 'SELECT pg_current_wal_lsn()').trim()
    const replayed = `SELECT pg_last_wal_replay_lsn() >= '${written}'`
    while (standby.psql('postgres', replayed) !== 't\n') await delay(20)
  })
  after(async () => {
    await standby?.stop()
    await primary?.stop()
  })

  it('is told from its primary by nothing, and tells which rows only that has', async () => {
    const source = at(standby, 'postgres')
    const { identity, scratch, findings } = await engine.probe(source, testHost())
    assert.equal(identity, (await engine.probe(at(primary, 'postgres'), testHost())).identity)
    assert.deepEqual(scratch, { possible: true })
    assert.match(findings.find(({ severity }) => severity === 'incomplete')?.message ?? '', /1 unlogged tables/)
    const onSource = (await engine.probe(source, testHost(), { mode: 'source' })).scratch
    assert.ok(!onSource.possible)
    assert.match(onSource.why, /the source is a standby, where no database can be made/)
  })

  it('is dumped without the rows of unlogged tables and proven on a private server, in both formats', async () => {
    for (const format of ['custom', 'plain'] as const) {
      const source = at(standby, 'postgres', { format })
      const dumped = await dump(source)
      const proof = await prove(dumped, source)
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
      await rejected(prove(dumped, source, { mode: 'source' }), 'PROOF_UNFINISHED')
    }
  })

  it('takes no restore, and is as it was', async () => {
    const dumped = await dump(at(standby, 'postgres'))
    const before = dumpOf(primary, 'postgres')
    const target = { ...at(standby, 'restored'), replace: false }
    const restoring = engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
    assert.match(await rejected(restoring, 'RESTORE_FAILED'), /read-only|standby/)
    assert.equal(dumpOf(primary, 'postgres'), before)
  })
})
