import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { DbvaultError, ErrorCode, FlagValues, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { OWNER, sharedS3, type S3Server } from '../../../test/servers/s3-server.ts'
import { type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import type { Flags } from '../src/descriptor.ts'
import { loginAt, makeBucket, type TestBucket } from './support/bucket.ts'
import { errorBody } from './support/requests.ts'

const LARGE = patterned(9_000_000)

describe('the way into a bucket', () => {
  needs('versitygw')
  let server: S3Server
  let proxy: HttpProxy
  let bucket: TestBucket
  let host: TestHost

  before(async () => {
    server = await sharedS3('versitygw')
    proxy = await startHttpProxy(server.endpoint)
    bucket = await makeBucket(server)
  })
  beforeEach(() => {
    host = testHost()
  })
  afterEach(async () => {
    proxy.heal()
    await host[Symbol.asyncDispose]()
  })
  after(() => proxy[Symbol.asyncDispose]())

  /** What every call fails with. */
  async function failure(
    code: ErrorCode,
    given: Partial<FlagValues<Flags>>,
    login?: () => void,
  ): Promise<DbvaultError> {
    await using storage = await bucket.open({ endpoint: proxy.url, ...given })
    login?.()
    const errors: DbvaultError[] = []
    for (const call of callsOn(storage)) errors.push(await rejectsWith(call(), code))
    for (const { message, hints } of errors) {
      assert.ok(!`${message} ${hints.join(' ')}`.includes(server.secretKey), 'the secret is shown')
    }
    return errors[0] as DbvaultError
  }

  const callsOn = (storage: Storage): (() => Promise<unknown>)[] => [
    () => Array.fromAsync(storage.list('', host)),
    () => storage.stat('key', host),
    () => storage.get('key', host),
    () => storage.put('key', bodyOf(Buffer.from('x')), host),
    () => storage.put('key', bodyOf(LARGE), host),
    () => storage.delete('key', host),
    () => Array.fromAsync(storage.unfinished('', host)),
  ]

  it('is closed where another account owns the bucket, for every call', async () => {
    const error = await failure('STORAGE_DENIED', { owner: '999999999999' })
    assert.match(error.message, /not owned by 999999999999/)
    assert.deepEqual(await bucket.left(), [])
  })

  it('is open where the right one does, and every request says which', async () => {
    await using storage = await bucket.open({ endpoint: proxy.url, owner: OWNER })
    const before = proxy.requests.length
    await storage.probe(host)
    await storage.put('small', bodyOf(Buffer.from('x')), host)
    await storage.put('large', bodyOf(LARGE), host)
    await rejectsWith(storage.put('large', bodyOf(LARGE), host), 'OBJECT_EXISTS')
    await buffer(await storage.get('large', host, { range: { start: 5 } }))
    assert.equal(await storage.stat('absent', host), undefined)
    await Array.fromAsync(storage.list('', host))
    await bucket.strand('stranded')
    for (const upload of await Array.fromAsync(storage.unfinished('', host))) {
      await storage.abortUnfinished(upload, host)
    }
    await storage.delete('small', host)
    await storage.delete('large', host)
    const requests = proxy.requests.slice(before)
    assert.ok(requests.length > 20)
    for (const { method, path, headers } of requests) {
      assert.equal(headers['x-amz-expected-bucket-owner'], OWNER, `${method} ${path}`)
    }
    assert.deepEqual(await bucket.left(), [])
  })

  it('tells a wrong secret from an unknown key', async () => {
    const wrong = await failure('STORAGE_DENIED', {}, () => loginAt({ ...server, secretKey: 'wrong' }))
    assert.match(wrong.message, /secret access key is not the one/)
    const unknown = await failure('STORAGE_DENIED', {}, () => loginAt({ accessKey: 'nobody', secretKey: 'secret' }))
    assert.match(unknown.message, /does not know this access key/)
  })

  it('says that there are no credentials', async () => {
    const error = await failure('STORAGE_DENIED', {}, () => {
      delete process.env['AWS_ACCESS_KEY_ID']
      delete process.env['AWS_SECRET_ACCESS_KEY']
    })
    assert.match(error.message, /there are no credentials/)
  })

  it('names the right region', async () => {
    const error = await failure('STORAGE_FAILED', { region: 'eu-west-1' })
    assert.match(error.message, /in the region us-east-1/)
    assert.deepEqual(error.hints, ['Give --s3-region=us-east-1.'])
  })

  it('says which name cannot be resolved', async () => {
    const error = await failure('STORAGE_UNREACHABLE', { endpoint: 'http://nowhere.invalid' })
    assert.match(error.message, /nowhere\.invalid/)
  })

  it('says that https meets a server without it', async () => {
    const error = await failure('STORAGE_UNREACHABLE', { endpoint: server.endpoint.replace('http:', 'https:') })
    assert.match(error.message, /speaks another protocol/)
    assert.equal(error.retryable, false)
  })

  for (const [code, status, expected, message] of [
    ['RequestTimeTooSkewed', 403, 'STORAGE_DENIED', /clock/],
    ['AccessDenied', 403, 'STORAGE_DENIED', /this user may not/],
    ['ExpiredToken', 400, 'STORAGE_DENIED', /session .* has ended/],
    ['QuotaExceeded', 403, 'STORAGE_FULL', /no space is left there, or a quota/],
    ['XMinioStorageFull', 507, 'STORAGE_FULL', /no space is left/],
    ['PermanentRedirect', 301, 'STORAGE_FAILED', /another region/],
    ['SomethingNew', 400, 'STORAGE_FAILED', /400 SomethingNew: planted/],
    ['NotImplemented', 501, 'STORAGE_FAILED', /501 NotImplemented/],
  ] as const) {
    it(`has ${expected} for ${code}, tried once`, async () => {
      proxy.plant(() => true, { answer: status, body: errorBody(code) }, 99)
      const error = await failure(expected, {})
      assert.match(error.message, message)
      assert.deepEqual(
        host.events.filter(({ kind }) => kind === 'retry'),
        [],
      )
    })
  }

  describe('over TLS', () => {
    needs('openssl')
    it('is closed by a certificate that nobody vouches for', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'dbvault-tls-'))
      const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'crt', '-subj', '/CN=127.0.0.1']
      execFileSync('openssl', ['req', '-x509', ...made], { cwd: folder, stdio: 'ignore' })
      const [key, cert] = ['key', 'crt'].map((name) => readFileSync(join(folder, name), 'utf8'))
      rmSync(folder, { recursive: true })
      const tls = createServer({ ...(key && cert && { key, cert }) }).listen(0, '127.0.0.1')
      try {
        await once(tls, 'listening')
        const { port } = tls.address() as AddressInfo
        const error = await failure('STORAGE_UNREACHABLE', { endpoint: `https://127.0.0.1:${port}` })
        assert.match(error.message, /certificate is not trusted/)
        assert.equal(error.retryable, false)
      } finally {
        tls.close()
      }
    })
  })
})
