import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { ErrorCode, ObjectStat, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedS3 } from '../../../test/servers/s3-server.ts'
import { type Fault, type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { sendsLargePartsAgain } from '../../../test/support/large-parts.ts'
import { needs } from '../../../test/support/tools.ts'
import { loginAt, makeBucket, type TestBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

/** Three parts. */
const BYTES = patterned(17_000_000)
const SMALL = patterned(1_000)

const server = (code: string, status = 500): Fault => ({ answer: status, body: errorBody(code) })

describe('the minio storage through a network that fails', () => {
  needs('minio')
  let proxy: HttpProxy
  let bucket: TestBucket
  let storage: Storage
  let host: TestHost

  before(async () => {
    proxy = await startHttpProxy((await sharedS3('minio')).endpoint)
  })
  beforeEach(async () => {
    host = testHost()
    bucket = await makeBucket(await sharedS3('minio'))
    storage = await bucket.open({ endpoint: proxy.url })
  })
  afterEach(async () => {
    proxy.heal()
    await storage[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
  })
  after(() => proxy[Symbol.asyncDispose]())

  const put = (bytes = BYTES): Promise<ObjectStat> => storage.put('folder/key', bodyOf(bytes), host)

  async function isWhole(bytes = BYTES): Promise<void> {
    assert.deepEqual(await bucket.left(), ['folder/key'])
    assert.ok((await buffer(await storage.get('folder/key', host))).equals(bytes))
  }
  async function failsWith(code: ErrorCode, putting: Promise<unknown>): Promise<void> {
    await rejectsWith(putting, code)
    proxy.heal()
    assert.deepEqual(await bucket.left(), [])
  }

  for (const [what, fault] of [
    ['500', server('InternalError')],
    ['503 SlowDown, which its client does not read', server('SlowDownWrite', 503)],
    ['429 without a word', { answer: 429 }],
    ['nothing: the connection breaks in the middle of the part', { cutRequestAfter: 3_000_000 }],
    ['nothing: its answer is lost', { loseAnswer: true }],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    it(`sends a part again when the server answers ${what}`, async () => {
      proxy.plant(is('part', 2), fault)
      const before = proxy.requests.length
      await put()
      assert.equal(proxy.requests.slice(before).filter(is('part')).length, 4)
      await isWhole()
    })
  }

  sendsLargePartsAgain(is('part', 1), () => ({ storage, host, proxy }))

  it('waits as long as the server says before it sends a part again', async () => {
    proxy.plant(is('part', 1), { answer: 503, headers: { 'retry-after': '1' }, body: errorBody('SlowDown') })
    await put()
    const [event] = host.events.filter(({ kind }) => kind === 'retry')
    assert.ok(event?.kind === 'retry' && event.waitMs === 1_000)
  })

  it('gives up after its attempts, and leaves no object and no part', async () => {
    proxy.plant(is('part', 2), server('InternalError'), 3)
    await failsWith('STORAGE_UNREACHABLE', put())
  })

  it('does not try again what the server refuses', async () => {
    proxy.plant(is('part', 2), server('AccessDenied', 403))
    await failsWith('STORAGE_DENIED', put())
    assert.equal(host.events.length, 0)
  })

  it('takes an error in the body of a 200 for an error', async () => {
    proxy.plant(is('complete'), { answer: 200, body: errorBody('InternalError') }, 3)
    await failsWith('STORAGE_UNREACHABLE', put())
  })

  it('is not satisfied by a 200 when no object is there', async () => {
    const body = '<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>'
    proxy.plant(is('complete'), { answer: 200, body })
    await failsWith('STORAGE_FAILED', put())
  })

  for (const [step, bytes] of [
    ['complete', BYTES],
    ['put', SMALL],
  ] as const) {
    it(`refuses an object of somebody else that came before the ${step}`, async () => {
      await using direct = await bucket.open()
      const { promise: hold, resolve: release } = Promise.withResolvers<void>()
      proxy.plant(is(step), { hold })
      const coming = proxy.next(is(step))
      const putting = put(bytes)
      await Promise.race([coming, putting])
      await direct.put('folder/key', bodyOf(Buffer.from('theirs')), host)
      release()
      await rejectsWith(putting, 'OBJECT_EXISTS')
      assert.equal(String(await buffer(await direct.get('folder/key', host))), 'theirs')
      assert.deepEqual(await bucket.left(), ['folder/key'])
    })
  }

  for (const step of ['create', 'complete', 'put'] as const) {
    it(`leaves nothing when it is aborted during a ${step}`, async () => {
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      proxy.plant(is(step), { hold })
      const coming = proxy.next(is(step))
      const putting = put(step === 'put' ? SMALL : BYTES)
      await coming
      host.abort()
      setImmediate(release)
      await failsWith('INTERRUPTED', putting)
    })
  }

  it('leaves nothing when it is aborted while parts are under way', async () => {
    proxy.plant(is('part', 2), { silence: true })
    const coming = proxy.next(is('part', 2))
    const putting = put()
    await coming
    host.abort()
    await failsWith('INTERRUPTED', putting)
  })

  it('protects the bytes by MD5 where the server knows no CRC64NVME', async () => {
    proxy.plant((request) => 'x-amz-checksum-algorithm' in request.headers, server('InvalidRequest', 400), 9)
    proxy.plant((request) => 'x-amz-checksum-crc64nvme' in request.headers, server('InvalidRequest', 400), 9)
    const before = proxy.requests.length
    await put()
    await isWhole()
    for (const { headers } of proxy.requests.slice(before).filter(is('part'))) assert.ok(headers['content-md5'])
  })

  it('removes an object whose checksum is not that of what was sent', async () => {
    proxy.plant(is('head'), { changeHeaders: { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } })
    await failsWith('STORAGE_FAILED', put(SMALL))
  })

  it('reads on from the next byte when the connection breaks, and never mixes two versions', async () => {
    await put()
    proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 3)
    assert.ok((await buffer(await storage.get('folder/key', host))).equals(BYTES))
    proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 })
    const stream = await storage.get('folder/key', host)
    await storage.delete('folder/key', host)
    await storage.put('folder/key', bodyOf(Buffer.from(BYTES.toReversed())), host)
    assert.match((await rejectsWith(buffer(stream), 'STORAGE_FAILED')).message, /was replaced/)
  })

  for (const [what, fault] of [
    ['cut in the middle', { cutAnswerAfter: 300 }],
    ['half of one', { changeAnswer: (body: string) => body.slice(0, 400) }],
    [
      'without an object that it counts',
      { changeAnswer: (body: string) => body.replace(/<Contents>.*?<\/Contents>/s, '') },
    ],
    ['an error in a 200', { answer: 200, body: errorBody('InternalError') }],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    it(`asks again for a listing that is ${what}, and is never content with it`, async () => {
      for (const key of ['a', 'b', 'c']) await storage.put(key, bodyOf(SMALL), host)
      proxy.plant(is('list'), fault)
      assert.equal((await Array.fromAsync(storage.list('', host))).length, 3)
      proxy.plant(is('list'), fault, 3)
      await assert.rejects(Array.fromAsync(storage.list('', host)))
    })
  }

  it('throws when a listing says that there is more and not where', async () => {
    const more = (body: string): string => body.replace('<IsTruncated>false', '<IsTruncated>true')
    proxy.plant(is('list'), { changeAnswer: more }, 9)
    await rejectsWith(Array.fromAsync(storage.list('', host)), 'STORAGE_FAILED')
  })

  it('has one clear error for each cause, and shows no secret', async () => {
    const elsewhere = await bucket.open({ bucket: 'no-such-bucket-here' })
    for (const call of [
      () => elsewhere.stat('key', host),
      () => elsewhere.get('key', host),
      () => Array.fromAsync(elsewhere.list('', host)),
      () => elsewhere.put('key', bodyOf(SMALL), host),
      () => elsewhere.put('key', bodyOf(BYTES), host),
      () => elsewhere.probe(host),
    ]) {
      assert.match((await rejectsWith(call(), 'STORAGE_FAILED')).message, /there is no bucket no-such-bucket-here/)
    }
    await elsewhere[Symbol.asyncDispose]()
    const failure = async (of: Storage, code: ErrorCode): Promise<string> => {
      const { message } = await rejectsWith(Array.fromAsync(of.list('', host)), code)
      await of[Symbol.asyncDispose]()
      return message
    }
    const { accessKey } = await sharedS3('minio')
    loginAt({ accessKey, secretKey: 'hunter22+hunter22' })
    const wrong = await failure(await bucket.openAsIs(), 'STORAGE_DENIED')
    assert.match(wrong, /secret key is not the one/)
    assert.ok(!wrong.includes('hunter22'))
    loginAt({ accessKey: 'nobody', secretKey: 'hunter22+hunter22' })
    assert.match(await failure(await bucket.openAsIs(), 'STORAGE_DENIED'), /does not know this access key/)
    const nowhere = await bucket.open({ endpoint: 'http://nowhere.invalid' })
    assert.match(await failure(nowhere, 'STORAGE_UNREACHABLE'), /nowhere\.invalid/)
    const secure = await bucket.open({ endpoint: `127.0.0.1:${proxy.port}` })
    assert.match(await failure(secure, 'STORAGE_UNREACHABLE'), /speaks another protocol/)
    for (const [code, status, expected] of [
      ['RequestTimeTooSkewed', 403, 'STORAGE_DENIED'],
      ['XMinioAdminBucketQuotaExceeded', 400, 'STORAGE_FULL'],
      ['XMinioStorageFull', 507, 'STORAGE_FULL'],
    ] as const) {
      proxy.plant(() => true, server(code, status))
      await rejectsWith(storage.put('key', bodyOf(SMALL), host), expected)
    }
  })
})
