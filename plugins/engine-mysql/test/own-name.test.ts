import assert from 'node:assert/strict'
import { it } from 'mocha'
import { startServer, whereServed, type TestServer } from '../../../test/servers/mysql.ts'
import { dumped, proved, restored, serverOf } from './support/exam.ts'
import { at } from './support/harness.ts'

const BOTH = `CREATE TABLE t (i int, d double, f float); INSERT INTO t VALUES (1, -0e0, -0e0), (2, -1.5, 0.25);
  CREATE FUNCTION fn(x int) RETURNS int DETERMINISTIC RETURN x * 2;
  CREATE VIEW v AS SELECT shop.fn(shop.t.i) AS x, 'shop.fn(' AS \`shop\` FROM shop.t;`
const MARIADB = `CREATE SEQUENCE sq START 5;
  CREATE TABLE w (id int DEFAULT nextval(shop.sq), n int DEFAULT (nextval(sq) + 1), c text COMMENT 'nextval(\`shop\`.\`sq\`)');
  INSERT INTO w (c) VALUES ('one'); CREATE TABLE shop.log (i int);
  CREATE TRIGGER shop.tr BEFORE INSERT ON \`shop\`.t FOR EACH ROW INSERT INTO log VALUES (NEW.i);`

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `a database of ${vendor} whose objects name it`, function () {
    this.timeout(240_000)
    serverOf(vendor) // Skips where there is none.

    const content = async (server: TestServer, database: string): Promise<string> =>
      (await server.dump(database)).replaceAll(database, 'shop')

    it('is proven, and restored under another name on a server that lacks it', async () => {
      const source = await startServer({ vendor })
      const other = await startServer({ vendor })
      try {
        await source.sql('CREATE DATABASE shop')
        await source.sql(vendor === 'MariaDB' ? BOTH + MARIADB : BOTH, 'shop')
        const { members, fingerprint } = await dumped(at(source, 'shop'))
        for (const mode of ['private', 'source'] as const) {
          const { outcome, differences } = await proved(members, at(source, 'shop'), fingerprint, mode)
          assert.deepEqual({ outcome, differences }, { outcome: 'equal', differences: undefined }, mode)
        }
        for (const replace of [false, true]) {
          await assert.doesNotReject(restored(members, at(other, 'second'), { expected: fingerprint, replace }))
        }
        assert.equal(await other.sql('SELECT x FROM second.v ORDER BY x'), '2\n4\n')
        if (vendor === 'MariaDB') {
          assert.match(await other.sql('SHOW CREATE TABLE second.w'), /DEFAULT nextval\(`second`\.`sq`\)/)
          await other.sql("INSERT INTO second.w (c) VALUES ('two'); INSERT INTO second.t VALUES (9, 9, 9)")
          assert.equal(await other.sql('SELECT i FROM second.log'), '9\n')
          await source.sql("INSERT INTO shop.w (c) VALUES ('two'); INSERT INTO shop.t VALUES (9, 9, 9)")
          assert.equal(await other.sql('SELECT n - id FROM second.w'), '2\n2\n')
        }
        const plain = (text: string) =>
          text
            .replaceAll(/`?shop`?\./g, '')
            .replaceAll(/SETVAL\(.*\)/g, '')
            .replace('(1,-0,-0)', '(1,0,0)')
        assert.equal(plain(await content(other, 'second')), plain(await content(source, 'shop')))
      } finally {
        await Promise.all([source.stop('SIGKILL'), other.stop('SIGKILL')])
      }
    })
  })
}
