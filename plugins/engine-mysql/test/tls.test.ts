import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { testHost } from 'dbvault/testing'
import { after, before, it } from 'mocha'
import { startServer, whereServed, type TestServer } from '../../../test/servers/mysql.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { dumped, proved, rejected } from './support/exam.ts'
import { makeCertificates, type Certificates } from './support/certificates.ts'
import { at, madeDatabase } from './support/harness.ts'

for (const vendor of ['MariaDB', 'MySQL'] as const) {
  whereServed(vendor, `a server of ${vendor} that speaks TLS only`, function () {
    this.timeout(120_000)
    needs('openssl')
    let made: Certificates
    let server: TestServer
    let database = ''

    before(async () => {
      made = makeCertificates()
      server = await startServer({ vendor, args: [...made.args, '--require-secure-transport=ON'] })
      database = await madeDatabase(server, 'CREATE TABLE t (i int); INSERT INTO t VALUES (1);')
    })
    after(async () => {
      await server?.stop('SIGKILL')
      if (made) rmSync(made.folder, { recursive: true })
    })

    const by = (tls: string, ca?: string, host = '127.0.0.1') => {
      const source = at(server, database)
      const flags = { ...source.flags, tls, ...(ca && { 'tls-ca': ca }) } as typeof source.flags
      return { ...source, host, flags }
    }

    it('is backed up and proven there with every mode but disabled', async () => {
      for (const tls of ['preferred', 'required', 'verify-ca', 'verify-full']) {
        const source = by(tls, tls.startsWith('verify') ? made.ca : undefined)
        const held = await dumped(source)
        assert.equal((await proved(held.members, source, held.fingerprint)).outcome, 'equal', tls)
      }
      await rejected(engine.probe(by('disabled'), testHost()), 'SOURCE_DENIED')
    })

    it('is refused when another authority stands for it, by the driver and by the programs', async () => {
      for (const tls of ['verify-ca', 'verify-full'])
        await rejected(engine.probe(by(tls, made.other), testHost()), 'SOURCE_UNREACHABLE')
    })

    it('is refused by a name that is not in its certificate, unless names are not to be verified', async () => {
      await rejected(engine.probe(by('verify-full', made.ca, 'localhost'), testHost()), 'SOURCE_UNREACHABLE')
      const source = by('verify-ca', made.ca, 'localhost')
      const held = await dumped(source)
      assert.equal((await proved(held.members, source, held.fingerprint)).outcome, 'equal')
    })
  })
}
