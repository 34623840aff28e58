import assert from 'node:assert/strict'
import { needs } from '../../../test/support/tools.ts'
import { database, dump, prove } from './support/exam.ts'
import { at } from './support/harness.ts'

describe('a database of large values', () => {
  needs('postgres', 'linux')

  it('of a bytea and a large object of 64 MB each is proven, in both formats', async function () {
    this.timeout(240_000)
    await using db = await database(`CREATE TABLE t (i int, raw bytea); ALTER TABLE t ALTER raw SET STORAGE EXTERNAL;
      INSERT INTO t SELECT 1, decode(repeat(md5('x'), 4 * 1024 * 1024), 'hex');
      SELECT lo_from_bytea(7, decode(repeat(md5('y'), 4 * 1024 * 1024), 'hex'))`)
    assert.equal(db.pg.psql(db.name, 'SELECT length(raw), (SELECT length(lo_get(7))) FROM t'), '67108864|67108864\n')
    for (const format of ['custom', 'plain'] as const) {
      const dumped = await dump(at(db.pg, db.name, { format }))
      const proof = await prove(dumped, at(db.pg, db.name), { mode: 'source' })
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    }
  })
})
