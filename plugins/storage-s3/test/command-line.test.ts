import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { testHost } from 'dbvault/testing'
import { finished } from '../../../test/cli/dbvault-process.ts'
import { OWNER, sharedS3, type S3Server } from '../../../test/servers/s3-server.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../../test/support/vault.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

/** More than one part, which cannot be compressed. */
const ROWS = 110_000

describe('dbvault with --cloud s3', () => {
  needs('versitygw')
  let server: S3Server
  let proxy: HttpProxy
  let bucket: TestBucket
  let vault: Vault
  let environment: Readonly<Record<string, string>>

  before(async () => {
    server = await sharedS3('versitygw')
    proxy = await startHttpProxy(server.endpoint)
    vault = await Vault.create()
    makeDatabase(vault.path('large.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
    environment = {
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
      DBVAULT_S3_ENDPOINT: proxy.url,
    }
  })
  beforeEach(async () => {
    bucket = await makeBucket(server)
  })
  afterEach(() => proxy.heal())
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await vault[Symbol.asyncDispose]()
  })

  const KEY = ['--key-file', 'vault.key']
  const inBucket = (...more: string[]): string[] => ['--cloud', 's3', '--s3-bucket', bucket.name, ...more]
  const backup = (database: string, ...more: string[]): string[] => [
    'backup',
    '--db',
    'sqlite',
    '-D',
    database,
    ...KEY,
    '--retry-min',
    '10ms',
    ...inBucket('--s3-owner', OWNER),
    ...more,
  ]
  const run = (argv: readonly string[]) => vault.json(argv, environment)

  it('backs up a large database without a local file; lists, verifies and restores it from the bucket alone', async () => {
    const made = await run(backup('large.db', '--s3-key', 'my backups+/'))
    assert.equal(made.exit, 0, made.error?.message)
    const [one] = made.backups
    assert.equal(one?.status, 'proven')
    assert.ok(proxy.requests.some(is('complete')), 'in parts')
    const at = one.locations[0]?.address ?? ''
    assert.ok(at.startsWith(`s3://${bucket.name}/my%20backups%2B/sqlite/`), at)
    assert.equal((await bucket.left()).length, 2, 'an artifact and its manifest')

    await using elsewhere = await Vault.create()
    await cp(vault.path('vault.key'), elsewhere.path('vault.key'))
    const there = (argv: readonly string[]) => elsewhere.json(argv, environment)
    for (const place of [inBucket(), [`s3://${bucket.name}`], [`s3://${bucket.name}/my%20backups%2B`]]) {
      const { backups } = await there(['list', ...place, ...KEY])
      assert.deepEqual(
        backups.map(({ id, status, trust }) => [id, status, trust]),
        [[one.id, 'proven', 'authentic']],
      )
    }
    const verified = await there(['verify', at, ...KEY])
    assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'], verified.error?.message)
    const restored = await there(['restore', '--newest', ...inBucket(), '-D', 'restored.db', ...KEY])
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(elsewhere.path('restored.db')), ROWS)
  })

  it('goes on after parts, answers and reads that fail', async () => {
    proxy.plant(is('part', 1), { answer: 503, body: errorBody('SlowDown') })
    proxy.plant(is('part', 2), { cutRequestAfter: 2_000_000 })
    proxy.plant(is('complete'), { loseAnswer: true })
    proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 2)
    const { exit, stderr } = await vault.run(backup('large.db'), environment)
    assert.equal(exit, 0, stderr)
    assert.match(stderr, /part 1 of s3:.* failed \(attempt 1 of 3\)/)
    const verified = await run(['verify', '--all', ...inBucket(), ...KEY])
    assert.equal(verified.exit, 0, verified.error?.message)
  })

  it('refuses a bucket of another account, and a name that is taken', async () => {
    const [, ...rest] = backup('shop.db')
    const wrong = await run(['backup', ...rest.map((word) => (word === OWNER ? '999999999999' : word))])
    assert.deepEqual([wrong.exit, wrong.error?.code], [6, 'STORAGE_DENIED'])
    assert.deepEqual(await bucket.left(), [])
    assert.equal((await run(backup('shop.db', '--s3-key', 'shop.db.gz.enc'))).exit, 0)
    const again = await run(backup('shop.db', '--s3-key', 'shop.db.gz.enc'))
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await bucket.left(), ['shop.db.gz.enc', 'shop.db.gz.enc.json'])
  })

  for (const step of ['part', 'complete', 'get'] as const) {
    it(`by Ctrl-C during a ${step} exits with 130 and leaves no object and no part`, async () => {
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
      assert.deepEqual(await bucket.left(), [])
    })
  }

  it('killed in the middle leaves no object that looks like a backup, and its parts can be found', async () => {
    proxy.plant(is('part', 2), { silence: true })
    const coming = proxy.next(is('part', 2))
    const child = vault.user.start(backup('large.db'), environment)
    child.stdout?.resume()
    child.stderr?.resume()
    await coming
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    const { backups, orphans } = await run(['list', ...inBucket(), ...KEY])
    assert.deepEqual([backups, orphans], [[], []])
    await using storage = await bucket.open()
    await using host = testHost()
    const uploads = await Array.fromAsync(storage.unfinished('sqlite/large-', host))
    assert.equal(uploads.length, 1)
    for (const upload of uploads) await storage.abortUnfinished(upload, host)
    assert.deepEqual(
      (await bucket.left()).filter((key) => !key.includes('.pending-')),
      [],
    )
  })

  it('tells an error once, with its cause, and never the secret', async () => {
    const { exit, stdout, stderr } = await vault.run(backup('shop.db'), {
      ...environment,
      AWS_SECRET_ACCESS_KEY: 'hunter22+hunter22',
      DEBUG: 'dbvault',
    })
    assert.equal(exit, 6)
    assert.equal(stdout, '')
    assert.match(stderr, /Error: Cannot .*: the secret access key is not the one that goes with the access key/)
    assert.ok(!stderr.includes('hunter22'))
  })
})
