import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import mysql from 'mysql2/promise'
import { startServer } from '../../../test/servers/mysql.ts'
import engine from '../src/index.ts'
import { dumped, rejected, restored, serverOf } from './support/exam.ts'
import { at } from './support/harness.ts'

const OBJECTS = `CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE c (i int, FOREIGN KEY (i) REFERENCES p (i));
  CREATE VIEW v AS SELECT i FROM p; CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1; CREATE PROCEDURE r() SELECT 1;
  CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET NEW.i = 1;
  CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO SELECT 1;`

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  describe(`a database of ${vendor} beside others whose names differ in case and accents`, function () {
    this.timeout(180_000)
    const server = serverOf(vendor)

    it('is dumped, counted and replaced for itself', async () => {
      const stem = `o${randomBytes(4).toString('hex')}`
      const [own, ...others] = [`${stem}_shop`, `${stem}_Shop`, `${stem}_shöp`] as const
      for (const name of [own, ...others]) await server().sql(`CREATE DATABASE \`${name}\``)
      for (const name of others) await server().sql(OBJECTS, name)
      const state = async (name: string) =>
        (await engine.inspect({ ...at(server(), name), replace: false }, testHost())).state
      assert.equal(await state(own), 'empty')
      assert.equal(await state(`${stem}_SHOP`), 'absent')
      await server().sql('CREATE TABLE only_own (i int)', own)
      assert.equal(await state(own), 'occupied')
      const { findings } = await engine.probe(at(server(), own), testHost())
      assert.deepEqual(
        findings.filter(({ severity }) => severity === 'incomplete'),
        [],
      )

      const before = await Promise.all(others.map((name) => server().dump(name)))
      const held = await dumped(at(server(), own))
      const restore = () => restored(held.members, at(server(), own), { replace: true, expected: held.fingerprint })
      assert.deepEqual((await restore()).restored, { tables: 1 })
      assert.deepEqual(await Promise.all(others.map((name) => server().dump(name))), before)
      for (const name of [own, ...others]) await server().sql(`DROP DATABASE \`${name}\``)
    })
  })
}

describe('a server that does not tell names apart by case', function () {
  this.timeout(180_000)

  it('is dumped and restored under the name that it gives a database', async () => {
    const server = await startServer({ vendor: 'MariaDB', args: ['--lower-case-table-names=1'] })
    try {
      await server.sql('CREATE DATABASE Shop')
      await server.sql(OBJECTS, 'Shop')
      const held = await dumped(at(server, 'SHOP'))
      assert.equal(held.fingerprint?.['database'], 'shop')
      const report = await restored(held.members, at(server, 'Shop'), { replace: true, expected: held.fingerprint })
      assert.match(report.target, /"shop"/)
      const other = await mysql.createConnection({ socketPath: server.socket, user: 'root' })
      const lock = `dbvault_target_${createHash('sha256').update('shop').digest('hex').slice(0, 40)}`
      await other.query(`SELECT GET_LOCK('${lock}', 0)`)
      await rejected(restored(held.members, at(server, 'SHOP'), { replace: true }), 'LOCKED')
      await other.end()
    } finally {
      await server.stop('SIGKILL')
    }
  })
})
