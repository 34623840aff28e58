import assert from 'node:assert/strict'
import { testHost, secret } from 'dbvault/testing'
import { after, before, describe, it } from 'mocha'
import { sharedServer, startServer, whereServed, type TestServer } from '../../../test/servers/mysql.ts'
import engine from '../src/index.ts'
import { dumped, edited, proved, rejected, restored, serverOf, stored } from './support/exam.ts'
import { at, fixtureSql, madeDatabase } from './support/harness.ts'

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `scratch on a source of ${vendor} that writes a binary log`, function () {
    this.timeout(180_000)
    serverOf(vendor) // Skips where there is none.
    let server: TestServer

    before(async () => {
      // MySQL's writes one by itself.
      const args = ['--log-bin=binlog', '--server-id=7']
      server = vendor === 'MySQL' ? await sharedServer(vendor) : await startServer({ vendor, args })
    })
    after(async () => {
      if (vendor === 'MariaDB') await server?.stop('SIGKILL')
    })

    const logged = async (): Promise<string> => {
      const logs = (await server.sql('SHOW BINARY LOGS')).trim().split('\n')
      const events = logs.map((line) => server.sql(`SHOW BINLOG EVENTS IN '${line.split('\t')[0]}'`))
      return (await Promise.all(events)).join('')
    }

    it('is refused to a user who cannot have it, with the statements that change that; then it works and is not logged', async () => {
      const database = await madeDatabase(server, fixtureSql(vendor))
      const user = `u${database}`
      await server.sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'x'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.* TO ${user}@'%';
        GRANT ${vendor === 'MariaDB' ? 'SELECT ON mysql.proc' : 'SHOW_ROUTINE ON *.*'} TO ${user}@'%'; GRANT RELOAD ON *.* TO ${user}@'%'`)
      const source = { ...at(server, database), user, password: secret('x') }
      const given: string[] = []
      for (;;) {
        const { scratch } = await engine.probe(source, testHost(), { mode: 'source' })
        if (scratch.possible) break
        const fixes = scratch.hints.filter((hint) => /^(?:GRANT|SET) /.test(hint))
        assert.ok(fixes.length > 0 && !given.includes(fixes[0] ?? ''), scratch.why)
        given.push(...fixes)
        for (const fix of fixes) await server.sql(fix)
      }
      const to = `TO '${user}'@'%';`
      const rights = 'SELECT, INSERT, CREATE, DROP, ALTER, INDEX, REFERENCES, LOCK TABLES'
      const more = 'CREATE VIEW, SHOW VIEW, TRIGGER, CREATE ROUTINE, ALTER ROUTINE, EVENT'
      assert.deepEqual(given, [
        `GRANT ${vendor === 'MariaDB' ? 'BINLOG ADMIN' : 'SYSTEM_VARIABLES_ADMIN'} ON *.* ${to}`,
        `GRANT ${rights}, ${more} ON \`dbvault\\_scratch\\_%\`.* ${to}`,
        `GRANT ${vendor === 'MariaDB' ? 'SET USER' : 'SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER'} ON *.* ${to}`,
        'SET GLOBAL log_bin_trust_function_creators = 1;',
      ])
      const held = await dumped(source)
      const proof = await proved(held.members, source, held.fingerprint, 'source')
      assert.deepEqual([proof.outcome, proof.differences ?? [], proof.compared['events']], ['equal', [], 1])
      assert.doesNotMatch(await logged(), /dbvault_scratch_[0-9a-f]{12}/)
      await server.sql('SET GLOBAL log_bin_trust_function_creators = 0')
    })
  })
}

describe('objects that servers take without a look', function () {
  this.timeout(180_000)
  const server = serverOf('MariaDB')

  it('are compared where events would run, too: one that is scheduled otherwise is found', async () => {
    const database = await madeDatabase(
      server(),
      'CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SELECT 1; CREATE EVENT off ON SCHEDULE EVERY 1 HOUR DISABLE DO SELECT 2;',
    )
    const source = at(server(), database)
    const held = await dumped(source)
    assert.equal((await proved(held.members, source, held.fingerprint)).outcome, 'equal')
    for (const [from, to] of [
      ['EVERY 1 DAY', 'EVERY 2 DAY'],
      ['PRESERVE DISABLE', 'PRESERVE ENABLE'],
    ] as const) {
      const members = held.members.map((member) =>
        member.name === 'main'
          ? member
          : { ...member, bytes: Buffer.from(member.bytes.toString('latin1').replace(from, to), 'latin1') },
      )
      const proof = await proved(members, source, held.fingerprint)
      assert.match(proof.differences?.join() ?? '', /event "\w+" is defined differently/)
    }
  })

  it('are tried: a view that was made and cannot be used is a difference', async () => {
    const database = await madeDatabase(
      server(),
      "CREATE TABLE t (i int); CREATE DEFINER=app@'10.%' VIEW v AS SELECT i FROM t;",
    )
    const source = at(server(), database)
    const held = await dumped(source)
    for (const mode of ['private', 'source'] as const) {
      const proof = await proved(held.members, source, held.fingerprint, mode)
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []], mode)
    }
    await restored(held.members, at(server(), `${database}_new`), { expected: held.fingerprint })
    await server().sql(`DROP DATABASE ${database}_new`)
    const broken = edited(held, /^-- Dump completed/m, 'DROP TABLE IF EXISTS `t`;\n-- Dump completed')
    const proof = await proved(broken, source, held.fingerprint, 'private')
    assert.match(proof.differences?.join() ?? '', /view "v" cannot be used/)
  })

  it('are proven on the source where views use another database, since a private server lacks that', async () => {
    const other = await madeDatabase(server(), 'CREATE TABLE o (i int);')
    const database = await madeDatabase(server(), `CREATE VIEW v AS SELECT i FROM ${other}.o;`)
    const source = at(server(), database)
    const held = await dumped(source)
    const proof = await proved(held.members, source, held.fingerprint, 'auto')
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    const { scratch } = await engine.probe(source, testHost(), { mode: 'private' })
    assert.ok(!scratch.possible && scratch.why.includes(other))
    await rejected(proved(held.members, source, held.fingerprint, 'private'), 'PROOF_UNFINISHED')
  })

  it('are named before a dump and after a restore when their definer is not there', async () => {
    const database = await madeDatabase(
      server(),
      'CREATE TABLE t (i int); CREATE DEFINER=gone@`%` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.i = 1;',
    )
    const { findings } = await engine.probe(at(server(), database), testHost())
    assert.match(findings.map(({ message }) => message).join(), /not have[^]*trigger "tr" \(gone@%\)/)
    const held = await dumped(at(server(), database))
    await using host = testHost()
    const target = { ...at(server(), `${database}_new`), replace: false }
    await engine.restore({ stored: stored(held.members), target }, host)
    assert.match(JSON.stringify(host.events), /trigger \\"tr\\" \(gone@%\)|trigger \\\\\\"tr/)
    await server().sql(`DROP DATABASE ${database}_new`)
    await restored(held.members, at(server(), `${database}_new`))
    await server().sql(`DROP DATABASE ${database}_new`)
  })
})
