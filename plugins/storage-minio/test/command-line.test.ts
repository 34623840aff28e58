import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { finished } from '../../../test/cli/dbvault-process.ts'
import { sharedS3 } from '../../../test/servers/s3-server.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../../test/support/vault.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'
import { is } from './support/requests.ts'

/** More than one part, which cannot be compressed. */
const ROWS = 110_000

describe('dbvault with --cloud minio', () => {
  needs('minio')
  let proxy: HttpProxy
  let bucket: TestBucket
  let vault: Vault
  let environment: Readonly<Record<string, string>>

  before(async () => {
    const server = await sharedS3('minio')
    proxy = await startHttpProxy(server.endpoint)
    vault = await Vault.create()
    makeDatabase(vault.path('large.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
    bucket = await makeBucket(server)
    environment = {
      MINIO_ACCESS_KEY: server.accessKey,
      MINIO_SECRET_KEY: server.secretKey,
      MINIO_ENDPOINT: `127.0.0.1:${proxy.port}`,
      DBVAULT_MINIO_INSECURE: 'true',
    }
  })
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await vault[Symbol.asyncDispose]()
  })

  const KEY = ['--key-file', 'vault.key']
  const inBucket = (...more: string[]): string[] => ['--cloud', 'minio', '--minio-bucket', bucket.name, ...more]
  const backup = (...more: string[]): string[] => [
    'backup',
    '--db',
    'sqlite',
    '-D',
    'large.db',
    ...KEY,
    ...inBucket(...more),
  ]

  it('by Ctrl-C during a part exits with 130 and leaves no object and no part', async () => {
    proxy.plant(is('part', 2), { silence: true })
    const coming = proxy.next(is('part', 2))
    const child = vault.user.start(backup(), environment)
    const ending = finished(child)
    await Promise.race([coming, ending])
    child.kill('SIGINT')
    const { exit, stderr } = await ending
    assert.equal(exit, 130, stderr)
    assert.deepEqual(await bucket.left(), [])
  })

  it('backs up without a local file; lists, verifies and restores from the bucket alone', async () => {
    const made = await vault.json(backup('--minio-object', 'my backups+/'), environment)
    assert.equal(made.exit, 0, made.error?.message)
    assert.equal(made.backups[0]?.status, 'proven')
    const at = made.backups[0].locations[0]?.address ?? ''
    assert.ok(at.startsWith(`minio://${bucket.name}/my%20backups%2B/sqlite/`), at)

    await using elsewhere = await Vault.create()
    await cp(vault.path('vault.key'), elsewhere.path('vault.key'))
    const there = (argv: readonly string[]) => elsewhere.json(argv, environment)
    const { backups } = await there(['list', ...inBucket(), ...KEY])
    assert.deepEqual(
      backups.map(({ status, trust }) => [status, trust]),
      [['proven', 'authentic']],
    )
    assert.equal((await there(['verify', at, ...KEY])).exit, 0)
    const restored = await there(['restore', at, '-D', 'restored.db', ...KEY])
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(elsewhere.path('restored.db')), ROWS)
  })
})
