import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cp, readdir } from 'node:fs/promises'
import { finished } from '../../../test/cli/dbvault-process.ts'
import { sharedGcs } from '../../../test/servers/gcs.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeDatabase, rowsIn, Vault } from '../../../test/support/vault.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'
import { type GcsFront, startGcsFront } from './support/gcs-front.ts'
import { errorBody, is } from './support/requests.ts'

/** More than one part, which cannot be compressed. */
const ROWS = 110_000
const PART = 8 * 1024 ** 2

describe('dbvault with --cloud gcp', () => {
  needs('fake-gcs-server')
  let front: GcsFront
  let proxy: HttpProxy
  let bucket: TestBucket
  let vault: Vault
  let environment: Readonly<Record<string, string>>

  before(async () => {
    front = await startGcsFront((await sharedGcs()).endpoint)
    proxy = await startHttpProxy(front.url)
    vault = await Vault.create()
    makeDatabase(vault.path('large.db'), ROWS)
    await vault.run(['keygen', '-s', 'vault.key'])
    environment = { STORAGE_EMULATOR_HOST: proxy.url }
  })
  beforeEach(async () => {
    bucket = await makeBucket()
  })
  afterEach(() => proxy.heal())
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await front[Symbol.asyncDispose]()
    await vault[Symbol.asyncDispose]()
  })

  const KEY = ['--key-file', 'vault.key']
  const inBucket = (...more: string[]): string[] => ['--cloud', 'gcp', '--gcp-bucket', bucket.name, ...more]
  const backup = (database: string, ...more: string[]): string[] => {
    const source = ['backup', '--db', 'sqlite', '-D', database, ...KEY, '--retry-min', '10ms']
    return [...source, ...inBucket(...more)]
  }
  const run = (argv: readonly string[]): ReturnType<Vault['json']> => vault.json(argv, environment)

  it('backs up without a local file; lists, verifies and restores from the bucket alone', async () => {
    const made = await run(backup('large.db', '--gcp-blob', 'my backups+/'))
    assert.equal(made.exit, 0, made.error?.message)
    const [one] = made.backups
    assert.equal(one?.status, 'proven')
    assert.ok(proxy.requests.some(is('finish')), 'in parts')
    const at = one.locations[0]?.address ?? ''
    assert.ok(at.startsWith(`gs://${bucket.name}/my%20backups%2B/sqlite/`), at)
    assert.equal((await bucket.left()).length, 2, 'an artifact and its manifest')
    assert.deepEqual(
      (await readdir(vault.path())).filter((name) => name.includes(one.id)),
      [],
    )

    await using elsewhere = await Vault.create()
    await cp(vault.path('vault.key'), elsewhere.path('vault.key'))
    const there = (argv: readonly string[]): ReturnType<Vault['json']> => elsewhere.json(argv, environment)
    for (const place of [inBucket(), [`gs://${bucket.name}`], [`gs://${bucket.name}/my%20backups%2B`]]) {
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
    proxy.plant(is('part', 0), { answer: 503, body: errorBody('backendError', 503) })
    proxy.plant(is('part', PART), { cutRequestAfter: 2_000_000 })
    proxy.plant(is('finish'), { loseAnswer: true })
    proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 2)
    const { exit, stderr } = await vault.run(backup('large.db'), environment)
    assert.equal(exit, 0, stderr)
    assert.match(stderr, /part 1 of gs:.* failed \(attempt 1 of 3\)/)
    const verified = await run(['verify', '--all', ...inBucket(), ...KEY])
    assert.equal(verified.exit, 0, verified.error?.message)
  })

  it('takes an exact name, and refuses it a second time', async () => {
    const name = 'my shop+é.db'
    assert.equal((await run(backup('shop.db', '--gcp-blob', name))).exit, 0)
    const again = await run(backup('shop.db', '--gcp-blob', name))
    assert.deepEqual([again.exit, again.error?.code], [8, 'OBJECT_EXISTS'])
    assert.deepEqual(await bucket.left(), [name, `${name}.json`])
  })

  for (const step of ['part', 'finish', 'get'] as const) {
    it(`by Ctrl-C during a ${step} exits with 130 and leaves no object and no upload`, async () => {
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
      assert.equal(front.isOpen(bucket.name), false)
    })
  }

  it('killed in the middle leaves no object that looks like a backup', async () => {
    proxy.plant(is('part', PART), { silence: true })
    const coming = proxy.next(is('part', PART))
    const child = vault.user.start(backup('large.db'), environment)
    child.stdout?.resume()
    child.stderr?.resume()
    await coming
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    const { backups, orphans } = await run(['list', ...inBucket(), ...KEY])
    assert.deepEqual([backups, orphans], [[], []])
  })

  it('is examined by doctor, which tries every right and leaves nothing', async () => {
    const { exit, stdout } = await vault.run(['doctor', ...inBucket()], environment)
    assert.equal(exit, 0, stdout)
    for (const right of ['write', 'read back', 'list', 'refuse to overwrite', 'abort', 'delete']) {
      assert.match(stdout, new RegExp(`ok +${right} `))
    }
    assert.match(stdout, /unfinished uploads cannot be listed/)
    assert.deepEqual(await bucket.left(), [])
  })

  it('tells an error once, with its cause', async () => {
    const { exit, stdout, stderr } = await vault.run(backup('shop.db', '--gcp-endpoint', 'https://127.0.0.1:1'), {
      METADATA_SERVER_DETECTION: 'none',
    })
    assert.equal(exit, 6, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /Error: Cannot .*: there are no credentials/)
  })
})
