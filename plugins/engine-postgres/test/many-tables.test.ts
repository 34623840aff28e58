import assert from 'node:assert/strict'
import { database, dump, prove } from './support/exam.ts'
import { at } from './support/harness.ts'
import { needs } from '../../../test/support/tools.ts'

describe('a database of many tables', () => {
  needs('postgres', 'linux')

  for (const [count, mode] of [
    [9000, 'private'],
    [2000, 'source'],
  ] as const) {
    it(`of ${count} tables is proven with scratch ${mode}, without more locks than a server has`, async function () {
      this.timeout(300_000)
      await using db = await database(`DO $$ BEGIN FOR i IN 1..${count} LOOP
        EXECUTE format('CREATE TABLE t%s (id int, x text)', i); IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$`)
      const dumped = await dump(at(db.pg, db.name))
      const proof = await prove(dumped, at(db.pg, db.name), { mode })
      assert.deepEqual([proof.outcome, proof.compared['tables']], ['equal', count])
    })
  }
})
