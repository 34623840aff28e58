import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type Running } from '../../../test/servers/postgres.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

describe('a PostgreSQL server that speaks TLS only', () => {
  needs('postgres', 'linux', 'openssl')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-tls-'))
  const authority = join(folder, 'ca.crt')
  let server: Running

  before(async function () {
    this.timeout(60_000)
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2']
    for (const name of ['ca', 'other'])
      openssl('req', '-x509', ...made, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`)
    writeFileSync(join(folder, 'names'), 'subjectAltName = IP:127.0.0.1')
    openssl('req', ...made, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-extfile',
      'names',
      '-days',
      '2',
      '-out',
      'server.crt',
    )
    server = await startPostgres()
    const { uid, gid } = statSync(server.socketDirectory)
    chownSync(folder, uid, gid)
    chownSync(join(folder, 'server.key'), uid, gid)
    chmodSync(join(folder, 'server.key'), 0o600)
    const only = join(folder, 'hba')
    writeFileSync(only, 'local all all scram-sha-256\nhostssl all all all scram-sha-256\n')
    for (const [name, value] of Object.entries({ ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }))
      server.psql('postgres', `ALTER SYSTEM SET ${name} = '${join(folder, value)}'`)
    server.psql('postgres', `ALTER SYSTEM SET ssl = on`)
    server.psql('postgres', `ALTER SYSTEM SET hba_file = '${only}'`)
    await server.crash()
    await server.start()
    server.psql('postgres', 'CREATE TABLE t AS SELECT 1 AS i')
  })
  after(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is backed up and proven with every mode but disable', async () => {
    for (const sslmode of ['prefer', 'require', 'verify-ca', 'verify-full'] as const) {
      const source = at(server, 'postgres', {
        sslmode,
        'ssl-root-cert': sslmode.startsWith('verify') ? authority : undefined,
      })
      const dumped = await dump(source)
      assert.equal((await prove(dumped, source, { mode: 'source' })).outcome, 'equal', sslmode)
    }
    await rejected(engine.probe(at(server, 'postgres', { sslmode: 'disable' }), testHost()), 'SOURCE_DENIED')
  })

  it('is refused when another authority stands for it, or its name is not in its certificate', async () => {
    const other = at(server, 'postgres', { sslmode: 'verify-ca', 'ssl-root-cert': join(folder, 'other.crt') })
    await rejected(engine.probe(other, testHost()), 'SOURCE_UNREACHABLE')
    const named = {
      ...at(server, 'postgres', { sslmode: 'verify-full', 'ssl-root-cert': authority }),
      host: 'localhost',
    }
    await rejected(engine.probe(named, testHost()), 'SOURCE_UNREACHABLE')
    const notChecked = { ...named, flags: { ...named.flags, sslmode: 'verify-ca' } } as const
    assert.equal((await engine.probe(notChecked, testHost())).label, 'postgres')
  })
})
