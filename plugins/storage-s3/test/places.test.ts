import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { OWNER, type S3Server, sharedS3 } from '../../../test/servers/s3-server.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../../test/support/vault.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'

const KEY = ['--key-file', 'vault.key']

/** About 20 MB that do not compress: three parts. */
const ROWS = 200_000

describe('S3 as a place, on the command line', function () {
  needs('versitygw')
  this.timeout(120_000)
  let vault: Vault
  let server: S3Server
  let bucket: TestBucket
  let login: Record<string, string>
  before(async () => {
    server = await sharedS3('versitygw')
    vault = await Vault.create()
    login = {
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
      AWS_REGION: server.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      DBVAULT_S3_ENDPOINT: server.endpoint,
    }
    await vault.run(['keygen', '-s', 'vault.key'])
    makeDatabase(vault.path('large.db'), ROWS)
  })
  beforeEach(async () => {
    bucket = await makeBucket(server)
  })
  after(() => vault?.[Symbol.asyncDispose]())

  const inBucket = (...more: string[]): string[] => ['--cloud', 's3', '--s3-bucket', bucket.name, ...more]
  const json = (...argv: string[]): ReturnType<Vault['json']> => vault.json(argv, login)
  const backUp = (...argv: string[]): ReturnType<Vault['json']> =>
    json('backup', '--db', 'sqlite', '-D', 'shop.db', ...inBucket(), ...KEY, ...argv)

  it('stores without a local file, and finds it by bucket and by address in every command', async () => {
    const made = await backUp()
    assert.equal(made.exit, 0, made.error?.message)
    const [backup] = made.backups
    const at = backup?.locations[0]?.address ?? ''
    const id = backup?.id ?? ''
    assert.deepEqual([backup?.status, at], ['proven', `s3://${bucket.name}/sqlite/${id}.db.gz.enc`])
    assert.deepEqual(
      (await readdir(vault.path())).filter((name) => name.includes(id)),
      [],
    )
    assert.equal((await bucket.left()).length, 2)
    for (const place of [inBucket(), [`s3://${bucket.name}`], [`s3://${bucket.name}/sqlite`]]) {
      const { backups } = await json('list', ...place, ...KEY)
      assert.deepEqual(
        backups.map((one) => [one.id, one.status, one.trust]),
        [[id, 'proven', 'authentic']],
      )
    }
    for (const named of [[id, ...inBucket()], [at]]) {
      assert.equal((await json('show', ...named, ...KEY))['trust'], 'authentic')
      const verified = await json('verify', ...named, ...KEY)
      assert.deepEqual([verified.exit, verified.backups[0]?.status], [0, 'proven'])
    }
    const restored = await json('restore', '--newest', `s3://${bucket.name}`, '-D', 'again.db', ...KEY)
    assert.equal(restored.exit, 0, restored.error?.message)
    assert.equal(rowsIn(vault.path('again.db')), 200)
    assert.equal((await json('decrypt', '-f', at, ...KEY, '-o', 'plain.gz')).exit, 0)
    assert.equal((await json('copy', '--all', '--from', `s3://${bucket.name}`, '--to', 'copied')).exit, 0)
    assert.equal((await json('verify', '--all', '-o', 'copied', ...KEY)).exit, 0)
  })

  it('is one of two places, each with its verdict', async () => {
    const both = await backUp('-o', 'near')
    assert.deepEqual([both.exit, both.backups[0]?.locations.map(({ status }) => status)], [0, ['stored', 'stored']])
    const gone = await json(
      'backup',
      '--db',
      'sqlite',
      '-D',
      'shop.db',
      '-o',
      'near',
      '--cloud',
      's3',
      '--s3-bucket',
      'no-such-bucket',
    )
    assert.deepEqual([gone.exit, gone.error?.code, gone.backups[0]?.status], [9, 'SEVERAL_FAILED', 'proven'])
    assert.deepEqual(
      gone.backups[0]?.locations.map(({ status }) => status),
      ['stored', 'failed'],
    )
    assert.match(gone.error?.message ?? '', /no-such-bucket/)
  })

  it('takes an exact key, refuses it a second time, and keeps prefixes apart', async () => {
    assert.equal((await backUp('--s3-key', 'my shop+é.db')).exit, 0)
    const again = await backUp('--s3-key', 'my shop+é.db')
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await bucket.left(), ['my shop+é.db', 'my shop+é.db.json'])
    const verified = await json('verify', ...inBucket('--s3-key', 'my shop+é.db'), ...KEY)
    assert.equal(verified.exit, 0, JSON.stringify(verified.error))
    const [location] = (await json('list', ...inBucket())).backups
    assert.equal((await json('verify', location?.address ?? '', ...KEY)).exit, 0, location?.address)
    for (const prefix of ['night/', 'nightly/']) assert.equal((await backUp('--s3-key', prefix)).exit, 0)
    assert.equal((await json('list', `s3://${bucket.name}/night`)).backups.length, 1)
  })

  it('is examined by doctor, which tries every right and leaves nothing', async () => {
    const { exit, stdout } = await vault.run(['doctor', ...inBucket()], login)
    assert.equal(exit, 0, stdout)
    for (const right of ['write', 'read back', 'list', 'refuse to overwrite', 'abort', 'delete'])
      assert.match(stdout, new RegExp(`ok +${right} `))
    assert.deepEqual(await bucket.left(), [])
    const wrong = { ...login, AWS_SECRET_ACCESS_KEY: 'canary-of-a-secret' }
    const denied = await vault.run(['doctor', ...inBucket(), '--json'], wrong)
    assert.equal(denied.exit, 6)
    assert.match(denied.stdout, /STORAGE_DENIED/)
    assert.doesNotMatch(denied.stdout + denied.stderr, /canary/)
    const owner = await json('doctor', ...inBucket('--s3-owner', OWNER.replace('1', '9')))
    assert.equal(owner.exit, 6)
  })

  it('has no backup after SIGKILL in the middle of an upload, and prune tells its parts from living ones by age', async () => {
    await killMidUpload()
    const left = await bucket.left()
    assert.ok(
      left.some((name) => name.endsWith('(upload)')),
      left.join(),
    )
    assert.deepEqual((await json('list', ...inBucket())).backups, [])
    const pruned = await json('prune', ...inBucket(), '--yes')
    assert.deepEqual([pruned.exit, pruned['remove']], [0, []])
    assert.deepEqual(
      (pruned['spared'] as { kind: string; why: string }[]).map(({ kind, why }) => [kind, why]),
      [['upload', 'its run lives']],
    )
    assert.deepEqual(await bucket.left(), left)
  })

  async function killMidUpload(): Promise<void> {
    const argv = ['backup', '--db', 'sqlite', '-D', 'large.db', ...inBucket(), '--limit-rate', '8MB']
    const child = vault.user.start(argv, login)
    child.stdout?.resume()
    child.stderr?.resume()
    const closed = once(child, 'close')
    while (!(await bucket.left()).some((name) => name.endsWith('(upload)'))) {
      assert.equal(child.exitCode, null, 'it ended before it could be killed')
    }
    child.kill('SIGKILL')
    await closed
  }
})
