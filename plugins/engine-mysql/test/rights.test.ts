import assert from 'node:assert/strict'
import { testHost, secret } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { grants, parseGrant } from '../src/audit/grants.ts'
import { whereServed } from '../../../test/servers/mysql.ts'
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
})

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `a user of ${vendor} who may only read`, function () {
    this.timeout(180_000)
    const server = serverOf(vendor)

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
