import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { testHost } from 'dbvault/testing'
import { finished } from '../../../test/cli/dbvault-process.ts'
import { type AzureServer, sharedAzure } from '../../../test/servers/azurite.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../../test/support/vault.ts'
import { connectionString, makeContainer, type TestContainer } from './support/container.ts'
import { is } from './support/requests.ts'

/** More than one block, which cannot be compressed. */
const ROWS = 110_000

describe('dbvault with --cloud azure', () => {
  needs('azurite')
  let server: AzureServer
  let proxy: HttpProxy
  let container: TestContainer
  let vault: Vault
  let environment: Readonly<Record<string, string>>

  before(async () => {
    server = await sharedAzure()
    proxy = await startHttpProxy(new URL(server.url).origin)
    vault = await Vault.create()
    makeDatabase(vault.path('large.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
    environment = {
      AZURE_STORAGE_CONNECTION_STRING: connectionString({ ...server, url: `${proxy.url}/${server.account}` }),
    }
  })
  beforeEach(async () => {
    container = await makeContainer(server)
  })
  afterEach(() => proxy.heal())
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await vault[Symbol.asyncDispose]()
  })

  const KEY = ['--key-file', 'vault.key']
  const inContainer = (...more: string[]): string[] => [
    '--cloud',
    'azure',
    '--azure-container',
    container.name,
    ...more,
  ]
  const backup = (database: string, ...more: string[]): string[] =>
    ['backup', '--db', 'sqlite', '-D', database, ...KEY, '--retry-min', '10ms'].concat(inContainer(...more))
  const run = (argv: readonly string[]) => vault.json(argv, environment)

  it('backs up a large database without a local file; lists, verifies and restores it from the container alone', async () => {
    const made = await run(backup('large.db', '--azure-blob', 'my backups+/'))
    assert.equal(made.exit, 0, made.error?.message)
    const [one] = made.backups
    assert.equal(one?.status, 'proven')
    assert.ok(proxy.requests.some(is('commit')), 'in blocks')
    const at = one.locations[0]?.address ?? ''
    assert.ok(at.startsWith(`azure://${container.name}/my%20backups%2B/sqlite/`), at)
    assert.equal((await container.left()).length, 2, 'an artifact and its manifest')

    await using elsewhere = await Vault.create()
    await cp(vault.path('vault.key'), elsewhere.path('vault.key'))
    const there = (argv: readonly string[]) => elsewhere.json(argv, environment)
    for (const place of [inContainer(), [`azure://${container.name}/my%20backups%2B`]]) {
      const { backups } = await there(['list', ...place, ...KEY])
      assert.deepEqual(
        backups.map(({ id, status, trust }) => [id, status, trust]),
        [[one.id, 'proven', 'authentic']],
      )
    }
    const verified = await there(['verify', at, ...KEY])
    assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'], verified.error?.message)
    const restored = await there(['restore', '--newest', ...inContainer(), '-D', 'restored.db', ...KEY])
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(elsewhere.path('restored.db')), ROWS)
  })

  it('refuses a name that is taken', async () => {
    assert.equal((await run(backup('shop.db', '--azure-blob', 'shop.db.gz.enc'))).exit, 0)
    const again = await run(backup('shop.db', '--azure-blob', 'shop.db.gz.enc'))
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await container.left(), ['shop.db.gz.enc', 'shop.db.gz.enc.json'])
  })

  for (const step of ['block', 'commit', 'get'] as const) {
    it(`by Ctrl-C during a ${step} exits with 130 and leaves no blob and no block`, async () => {
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      const large = (path: string): boolean => !path.includes('pending')
      const coming = proxy.next((request) => is(step)(request) && large(request.path))
      proxy.plant((request) => is(step)(request) && large(request.path), { hold })
      const child = vault.user.start(backup('large.db'), environment)
      const ending = finished(child)
      await Promise.race([coming, ending])
      child.kill('SIGINT')
      setTimeout(release, 200).unref()
      const { exit, stderr } = await ending
      assert.equal(exit, 130, stderr)
      assert.deepEqual(await container.left(), [])
    })
  }

  it('killed in the middle leaves no blob, and its blocks can be found', async () => {
    proxy.plant(is('commit'), { silence: true })
    const coming = proxy.next((request) => is('commit')(request))
    const child = vault.user.start(backup('large.db'), environment)
    child.stdout?.resume()
    child.stderr?.resume()
    await coming
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    const { backups, orphans } = await run(['list', ...inContainer(), ...KEY])
    assert.deepEqual([backups, orphans], [[], []])
    await using storage = await container.open()
    await using host = testHost()
    const uploads = await Array.fromAsync(storage.unfinished('sqlite/large-', host))
    assert.equal(uploads.length, 1)
    for (const upload of uploads) await storage.abortUnfinished(upload, host)
    assert.deepEqual(
      (await container.left()).filter((key) => !key.includes('.pending-')),
      [],
    )
  })

  it('tells an error once, with its cause, and never the key', async () => {
    const wrong = Buffer.from('hunter22hunter22').toString('base64')
    const { exit, stdout, stderr } = await vault.run(backup('shop.db'), {
      AZURE_STORAGE_CONNECTION_STRING: connectionString({ ...server, key: wrong }),
      DEBUG: 'dbvault',
    })
    assert.equal(exit, 6)
    assert.equal(stdout, '')
    assert.match(stderr, /Error: Cannot .*: the server refuses the login/)
    assert.ok(!stderr.includes(wrong) && !stderr.includes('hunter22'))
  })
})
