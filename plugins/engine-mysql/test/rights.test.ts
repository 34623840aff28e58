import assert from 'node:assert/strict'
import { testHost, secret } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { grantedOn, grants, parseGrant } from '../src/audit/grants.ts'
import { startServer, whereServed } from '../../../test/servers/mysql.ts'
import { asMysqlFingerprint, counts } from '../src/fingerprint/fingerprint.ts'
import engine from '../src/index.ts'
import { dumped, proved, serverOf } from './support/exam.ts'
import { at, fixtureSql, madeDatabase } from './support/harness.ts'

describe('the lines of SHOW GRANTS', () => {
  const lines = [
    "GRANT USAGE ON *.* TO `me`@`%` IDENTIFIED BY PASSWORD '*123'",
    'GRANT SELECT, SHOW VIEW, TRIGGER ON `shop\\_1`.* TO `me`@`%`',
    'GRANT EVENT ON `shop%`.* TO `me`@`%`',
    'GRANT SELECT ON `mysql`.`proc` TO `me`@`%`',
    'GRANT SELECT (`a`, `b`), INSERT ON `other`.`t` TO `me`@`%`',
    'GRANT `reader`@`%` TO `me`@`%`',
    "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION",
  ]
  const held = lines.flatMap((line) => parseGrant(line) ?? [])

  it('are read with their patterns', () => {
    assert.ok(grants(held, 'SELECT', 'shop_1'))
    assert.ok(!grants(held, 'SELECT', 'shopx1'), 'an escaped _ is no wildcard')
    assert.ok(grants(held, 'EVENT', 'shopping'))
    assert.ok(!grants(held, 'EVENT', 'other'))
    assert.ok(grants(held, 'SELECT', 'mysql', 'proc'))
    assert.ok(!grants(held, 'SELECT', 'mysql'))
    assert.ok(!grants(held, 'SELECT', 'other', 't'), 'a right on columns is none on the table')
  })

  it('are read with what is taken back of what is given for all', () => {
    const taken = ['GRANT SELECT, TRIGGER ON *.* TO `me`@`%`', 'REVOKE TRIGGER ON `shop_1`.* FROM `me`@`%`']
    const left = taken.flatMap((line) => parseGrant(line, true) ?? [])
    assert.ok(!grants(left, 'TRIGGER', 'shop_1'))
    assert.ok(grants(left, 'SELECT', 'shop_1'))
    assert.ok(grants(left, 'TRIGGER', 'shopx1'))
    assert.equal(grantedOn(left, 'shop\\_1'), '`shop_1`.*')
    assert.equal(grantedOn(left, 'dbvault\\_%'), '*.*')
  })
})

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `a user of ${vendor} who may only read`, function () {
    this.timeout(180_000)
    const server = serverOf(vendor)

    it('is told what it lacks though another pattern would give it, where the server heeds a longer one', async () => {
      const database = await madeDatabase(server(), 'CREATE TABLE t (i int)')
      const user = `u${database}`
      const source = { ...at(server(), database), user, password: secret('odd') }
      await server().sql(
        `CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.i = 1; CREATE USER ${user}@'%' IDENTIFIED BY 'odd';
         GRANT SELECT, SHOW VIEW, EVENT ON \`${database.replace('_', '\\_')}\`.* TO ${user}@'%';
         GRANT TRIGGER ON \`t\\_%\`.* TO ${user}@'%'; GRANT SELECT ON mysql.* TO ${user}@'%';`,
        database,
      )
      const { findings } = await engine.probe(source, testHost())
      assert.match(findings.map(({ message }) => message).join('\n'), /lacks TRIGGER on/)
      await server().sql(`DROP USER ${user}@'%'`)
    })

    it('is told every grant that a whole dump needs, and needs no other', async () => {
      const database = await madeDatabase(server(), fixtureSql(vendor))
      const user = `u${database}`
      await server().sql(
        `CREATE USER ${user}@'%' IDENTIFIED BY 'odd'; GRANT SELECT ON \`${database.replace('_', '\\_')}\`.* TO ${user}@'%'`,
      )
      const source = { ...at(server(), database), user, password: secret('odd') }
      const probe = async () =>
        (await engine.probe(source, testHost())).findings.filter(({ severity }) => severity === 'incomplete')
      const fixes = (await probe()).flatMap((finding) => finding.fixes ?? [])
      const pattern = `\`${database.replace('_', '\\_')}\`.*`
      const to = `TO '${user}'@'%';`
      assert.deepEqual(fixes, [
        `GRANT SHOW VIEW ON ${pattern} ${to}`,
        `GRANT TRIGGER ON ${pattern} ${to}`,
        `GRANT EVENT ON ${pattern} ${to}`,
        vendor === 'MariaDB' ? `GRANT SELECT ON mysql.proc ${to}` : `GRANT SHOW_ROUTINE ON *.* ${to}`,
      ])
      for (const fix of fixes) await server().sql(fix)
      assert.deepEqual(await probe(), [])
      const all = await dumped(at(server(), database))
      const { members, fingerprint } = await dumped(source)
      assert.deepEqual(fingerprint, all.fingerprint)
      assert.equal((await proved(members, at(server(), database), fingerprint)).outcome, 'equal')
    })
  })
}

whereServed('MySQL', 'a user of MySQL of whom a right on one database was taken back', function () {
  this.timeout(180_000)

  it('is told so, with the statement that gives it again', async () => {
    const server = await startServer({ vendor: 'MySQL', args: ['--partial-revokes=ON'] })
    try {
      const database = await madeDatabase(server, 'CREATE TABLE t (i int)')
      await server.sql(
        `CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.i = 1; CREATE USER me IDENTIFIED BY 'odd';
         GRANT SELECT, SHOW VIEW, EVENT, TRIGGER, RELOAD ON *.* TO me; REVOKE TRIGGER ON ${database}.* FROM me;`,
        database,
      )
      const source = { ...at(server, database), user: 'me', password: secret('odd') }
      const { findings } = await engine.probe(source, testHost())
      const lacks = findings.filter(({ severity }) => severity === 'incomplete')
      assert.deepEqual(
        lacks.map(({ fixes }) => fixes),
        [[`GRANT TRIGGER ON \`${database}\`.* TO 'me'@'%';`]],
      )
      for (const fix of lacks.flatMap(({ fixes }) => fixes ?? [])) await server.sql(fix)
      const again = await engine.probe(source, testHost())
      assert.deepEqual(
        again.findings.filter(({ severity }) => severity === 'incomplete'),
        [],
      )
      const fingerprint = asMysqlFingerprint((await dumped(source)).fingerprint)
      assert.equal(fingerprint && counts(fingerprint)['triggers'], 1)
    } finally {
      await server.stop('SIGKILL')
    }
  })
})
