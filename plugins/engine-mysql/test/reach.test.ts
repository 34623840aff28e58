import assert from 'node:assert/strict'
import { testHost, secret } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { MYSQL9_BIN, whereServed, type TestServer } from '../../../test/servers/mysql.ts'
import engine from '../src/index.ts'
import { dumped, rejected, serverOf } from './support/exam.ts'
import { at, madeDatabase } from './support/harness.ts'

const flagsOf = (server: TestServer, more: Record<string, string>) =>
  ({ ...at(server, '').flags, ...more }) as ReturnType<typeof at>['flags']

describe('reaching a server', function () {
  this.timeout(120_000)
  const mariadb = serverOf('MariaDB')

  it('works by host:port, by socket and by URL', async () => {
    const server = mariadb()
    const database = await madeDatabase(server, 'CREATE TABLE t (i int); INSERT INTO t VALUES (1);')
    const { flags, user, password } = at(server, database)
    const login = { user: user ?? '', ...(password && { password }) }
    const part = encodeURIComponent
    const url = `mysql://${part(server.user)}:${part(server.password)}@127.0.0.1:${server.port}/${database}`
    const sources = [
      { database, ...login, host: `127.0.0.1:${server.port}`, flags },
      { database, ...login, host: server.socket, flags },
      { database, ...login, flags: { ...flags, socket: server.socket } },
      { database: '', url: secret(url), flags },
    ]
    for (const source of sources) {
      assert.match((await dumped(source)).members[0]?.bytes.toString('latin1') ?? '', /INSERT INTO/)
    }
  })

  it('fails when encryption is asked of a server that has none', async () => {
    const server = mariadb()
    const database = await madeDatabase(server, '')
    await dumped(at(server, database))
    const source = { ...at(server, database), flags: flagsOf(server, { tls: 'required' }) }
    await rejected(engine.probe(source, testHost()), 'SOURCE_UNREACHABLE')
  })
})

whereServed('MySQL', 'reaching a server of MySQL', function () {
  this.timeout(120_000)
  const mysql = serverOf('MySQL')
  const mariadb = serverOf('MariaDB')

  it('says that programs of MySQL 9 cannot log in to MariaDB by password, before a dump is begun', async () => {
    const server = mariadb()
    const database = await madeDatabase(server, 'CREATE TABLE t (i int);')
    const path = process.env['PATH']
    process.env['PATH'] = MYSQL9_BIN
    try {
      const message = await rejected(dumped(at(server, database)), 'TOOL_UNSUITABLE')
      assert.match(message, /cannot log in to this server in the way that the server asks for/)
    } finally {
      process.env['PATH'] = path
    }
  })

  it('is encrypted when that is asked for, and refused when the certificate is not trusted', async () => {
    const server = mysql()
    const database = await madeDatabase(server, 'CREATE TABLE t (i int); INSERT INTO t VALUES (1);')
    for (const tls of ['required', 'preferred']) {
      await dumped({ ...at(server, database), flags: flagsOf(server, { tls }) })
    }
    for (const tls of ['verify-ca', 'verify-full']) {
      const source = { ...at(server, database), flags: flagsOf(server, { tls }) }
      assert.match(await rejected(engine.probe(source, testHost()), 'SOURCE_UNREACHABLE'), /certificate/)
    }
  })

  it('uses programs of MariaDB on MySQL where those of MySQL are not there, and says what they cannot do', async () => {
    const server = mysql()
    const plain = await madeDatabase(
      server,
      "CREATE TABLE t (i int, b blob, j json); INSERT INTO t VALUES (1, 0x00ff, '{}');",
    )
    const { 'bin-dir': _, ...flags } = at(server, plain).flags
    const source = { ...at(server, plain), flags: flags as ReturnType<typeof at>['flags'] }
    const { findings } = await engine.probe(source, testHost())
    assert.deepEqual(
      findings.map(({ severity }) => severity),
      ['warning'],
    )
    const held = await dumped(source)
    assert.match(held.members[0]?.bytes.toString('latin1') ?? '', /0x00FF/i)
    await server.sql('ALTER TABLE t ADD g int AS (i + 1) STORED', plain)
    const again = await engine.probe(source, testHost())
    assert.deepEqual(
      again.findings.map(({ severity }) => severity),
      ['incomplete'],
    )
  })
})
