import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { startServer, type TestServer } from '../../../test/servers/mysql.ts'
import { dumped, proved, rejected, restored, serverOf } from './support/exam.ts'
import { at, madeDatabase } from './support/harness.ts'

describe('rows that are longer than what a server takes', function () {
  this.timeout(240_000)
  serverOf('MariaDB') // Skips where there is none.
  let server: TestServer
  let source: ReturnType<typeof at>
  const limit = (bytes: number) => server.sql(`SET GLOBAL max_allowed_packet = ${bytes}`)

  before(async () => {
    server = await startServer({ vendor: 'MariaDB' })
    const sql = `CREATE TABLE large (id int PRIMARY KEY, body longblob, words longtext);
      INSERT INTO large VALUES (1, REPEAT(UNHEX('00FF0A275C'), 13421773), NULL), (2, NULL, REPEAT('é', 10000000));`
    source = at(server, await madeDatabase(server, sql))
  })
  after(() => server?.stop('SIGKILL'))

  it('are dumped and proven, 64 MiB in one cell', async () => {
    const held = await dumped(source)
    assert.ok((held.members[0]?.bytes.length ?? 0) > 2 * 64 * 2 ** 20)
    const proof = await proved(held.members, source, held.fingerprint, 'private')
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
  })

  it('are told apart by their last byte', async () => {
    await limit(2 ** 20)
    const first = await dumped(source)
    await limit(2 ** 28)
    await server.sql("UPDATE large SET words = CONCAT(LEFT(words, 9999999), 'e') WHERE id = 2", source.database)
    await limit(2 ** 20)
    const second = await dumped(source)
    await limit(2 ** 28)
    assert.notDeepEqual(first.fingerprint['tables'], second.fingerprint['tables'])
  })

  it('are refused by name before anything is restored to a server that does not take them', async () => {
    const held = await dumped(source)
    const { longest: _, ...unaware } = held.fingerprint
    await limit(16 * 2 ** 20)
    try {
      for (const expected of [held.fingerprint, unaware as typeof held.fingerprint]) {
        const restoring = restored(held.members, at(server, 'never_made'), { expected })
        assert.match(await rejected(restoring, 'RESTORE_FAILED'), /max_allowed_packet is 16 MiB[^]*SET GLOBAL/)
        const proving = proved(held.members, source, expected, 'source')
        assert.match(await rejected(proving, 'PROOF_UNFINISHED'), /max_allowed_packet is 16 MiB[^]*--scratch/)
      }
      assert.equal(await server.sql("SHOW DATABASES LIKE 'never_made'"), '')
      assert.equal(await server.sql("SHOW DATABASES LIKE 'dbvault%'"), '')
    } finally {
      await limit(2 ** 28)
    }
  })
})

describe('a database of thousands of tables', function () {
  this.timeout(600_000)
  const server = serverOf('MariaDB')

  async function made(count: number): Promise<string> {
    const tables = Array.from({ length: count }, (_, index) => `CREATE TABLE t${index} (id int, x text);`)
    return await madeDatabase(server(), `${tables.join('\n')} INSERT INTO t711 VALUES (1, 'x');`)
  }

  it('is dumped and proven, all 9,000 of them', async () => {
    const database = await made(9_000)
    const source = at(server(), database)
    const held = await dumped(source)
    const proof = await proved(held.members, source, held.fingerprint, 'private')
    assert.deepEqual([proof.outcome, proof.compared['tables']], ['equal', 9_000])
    await server().sql(`DROP DATABASE ${database}`)
  })

  it('is restored, 2,000 by one rename', async () => {
    const database = await made(2_000)
    const held = await dumped(at(server(), database))
    const report = await restored(held.members, at(server(), `${database}_new`), { expected: held.fingerprint })
    assert.equal(report.restored['tables'], 2_000)
    await server().sql(`DROP DATABASE ${database}_new; DROP DATABASE ${database}`)
  })
})
