import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { ErrorCode, ObjectStat, Storage } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import { rejectsWith } from '../../../src/testing/engine-exam.ts'
import { bodyOf, patterned } from '../../../src/testing/storage-case.ts'
import { sharedS3, type S3Vendor } from '../../../test/servers/s3-server.ts'
import { type Fault, type HttpProxy, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeBucket, type TestBucket } from './support/bucket.ts'
import { errorBody, is, type Step, stepOf } from './support/requests.ts'

const BYTES = patterned(20_000_000)
const SMALL = patterned(1_000)

const server = (code: string, status = 500): Fault => ({ answer: status, body: errorBody(code) })

for (const vendor of ['versitygw', 'minio'] as const satisfies readonly S3Vendor[]) {
  describe(`an upload to ${vendor} through a network that fails`, () => {
    needs(vendor)
    let proxy: HttpProxy
    let bucket: TestBucket
    let storage: Storage
    let host: TestHost

    before(async () => {
      proxy = await startHttpProxy((await sharedS3(vendor)).endpoint)
    })
    beforeEach(async () => {
      host = testHost()
      bucket = await makeBucket(await sharedS3(vendor))
      storage = await bucket.open({ endpoint: proxy.url })
    })
    afterEach(async () => {
      proxy.heal()
      await storage[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    })
    after(() => proxy[Symbol.asyncDispose]())

    const put = (bytes = BYTES): Promise<ObjectStat> => storage.put('folder/key', bodyOf(bytes), host)
    const count = (step: Step): number =>
      proxy.requests.filter((request) => request.path.includes(bucket.name) && stepOf(request) === step).length

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
      ['503 SlowDown', server('SlowDown', 503)],
      ['429', { answer: 429 }],
      ['500 before it has read the body', { ...server('InternalError'), early: true }],
      ['nothing: the connection breaks in the middle of the part', { cutRequestAfter: 3_000_000 }],
      ['nothing: its answer is lost', { loseAnswer: true }],
      ['half of an answer', { cutAnswerAfter: 0 }],
    ] as const satisfies readonly (readonly [string, Fault])[]) {
      it(`sends a part again when the server answers ${what}`, async () => {
        proxy.plant(is('part', 2), fault)
        await put()
        assert.equal(count('part'), 4)
        await isWhole()
      })
    }

    it('waits as long as the server says before it sends a part again', async () => {
      proxy.plant(is('part', 1), { answer: 503, headers: { 'retry-after': '1' }, body: errorBody('SlowDown') })
      const start = performance.now()
      await put()
      assert.ok(performance.now() - start >= 1_000)
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

    for (const [bytes, last] of [
      [BYTES, 'complete'],
      [SMALL, 'put'],
    ] as const) {
      it(`has stored ${bytes.length} bytes when the answer to the last request is lost`, async () => {
        proxy.plant(is(last), { loseAnswer: true })
        assert.equal((await put(bytes)).bytes, bytes.length)
        await isWhole(bytes)
      })

      it(`has stored ${bytes.length} bytes when every answer to the last request is lost`, async () => {
        proxy.plant(is(last), { loseAnswer: true }, 3)
        assert.equal((await put(bytes)).bytes, bytes.length)
        await isWhole(bytes)
      })

      it(`refuses an object of somebody else that came before the last request for ${bytes.length} bytes`, async () => {
        const direct = await bucket.open()
        let release = (): void => {}
        const hold = new Promise<void>((resolve) => (release = resolve))
        proxy.plant(is(last), { hold })
        const coming = proxy.next(is(last))
        const putting = put(bytes)
        await Promise.race([coming, putting])
        await direct.put('folder/key', bodyOf(Buffer.from('theirs')), host)
        release()
        await rejectsWith(putting, 'OBJECT_EXISTS')
        assert.equal(String(await buffer(await direct.get('folder/key', host))), 'theirs')
        assert.deepEqual(await bucket.left(), ['folder/key'])
        await direct[Symbol.asyncDispose]()
      })

      it(`leaves nothing of ${bytes.length} bytes when it is aborted during the last request`, async () => {
        let release = (): void => {}
        const hold = new Promise<void>((resolve) => (release = resolve))
        proxy.plant(is(last), { hold })
        const coming = proxy.next(is(last))
        const putting = put(bytes)
        await coming
        host.abort()
        setImmediate(release)
        await failsWith('INTERRUPTED', putting)
      })
    }

    it('takes an error in the body of a 200 for an error', async () => {
      proxy.plant(is('complete'), { answer: 200, body: errorBody('InternalError') }, 3)
      await failsWith('STORAGE_UNREACHABLE', put())
      assert.equal(count('complete'), 3)
    })

    it('finishes after an error in the body of a 200', async () => {
      proxy.plant(is('complete'), { answer: 200, body: errorBody('InternalError') })
      await put()
      await isWhole()
    })

    it('is not satisfied by a 200 when no object is there', async () => {
      proxy.plant(is('complete'), { answer: 200, body: '<CompleteMultipartUploadResult/>' })
      await failsWith('STORAGE_FAILED', put())
    })

    it('leaves nothing when it is aborted while parts are under way', async () => {
      proxy.plant(is('part', 2), { silence: true })
      const coming = proxy.next(is('part', 2))
      const putting = put()
      await coming
      host.abort()
      await failsWith('INTERRUPTED', putting)
    })

    it('leaves nothing when it is aborted while the upload begins', async () => {
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      proxy.plant(is('create'), { hold })
      const coming = proxy.next(is('create'))
      const putting = put()
      await coming
      host.abort()
      setImmediate(release)
      await failsWith('INTERRUPTED', putting)
    })

    it('removes the parts though the first try to do so fails', async () => {
      proxy.plant(is('part', 2), server('AccessDenied', 403))
      proxy.plant(is('abort'), server('SlowDown', 503))
      await failsWith('STORAGE_DENIED', put())
    })

    it('says so when the parts cannot be removed', async () => {
      proxy.plant(is('part', 2), server('AccessDenied', 403))
      proxy.plant(is('abort'), server('AccessDenied', 403), 9)
      await rejectsWith(put(), 'STORAGE_DENIED')
      assert.deepEqual(await bucket.left(), ['folder/key (upload)'])
      const warning = host.events.find(({ kind }) => kind === 'warning')
      assert.match(warning?.kind === 'warning' ? warning.message : '', /folder\/key could not be removed/)
      const [upload] = await Array.fromAsync(storage.unfinished('folder/', host))
      assert.equal(upload?.key, 'folder/key')
    })

    it('protects the bytes by MD5 where the server knows no CRC64NVME', async () => {
      proxy.plant((request) => 'x-amz-checksum-algorithm' in request.headers, server('InvalidRequest', 400), 9)
      proxy.plant((request) => 'x-amz-checksum-crc64nvme' in request.headers, server('InvalidRequest', 400), 9)
      await put()
      await isWhole()
      const before = proxy.requests.length
      await storage.put('another', bodyOf(BYTES), host)
      const parts = proxy.requests.slice(before).filter(is('part'))
      assert.equal(parts.length, 3)
      for (const { headers } of parts) {
        assert.ok(headers['content-md5'])
        assert.equal(headers['x-amz-checksum-crc64nvme'], undefined)
      }
    })

    it('protects them by both as long as it does not know the server, and then by what that knows', async () => {
      const before = proxy.requests.length
      await put()
      await storage.put('another', bodyOf(BYTES), host)
      const parts = proxy.requests.slice(before).filter(is('part'))
      assert.deepEqual(
        parts.map(({ headers }) => ['x-amz-checksum-crc64nvme' in headers, 'content-md5' in headers]),
        [...Array.from({ length: 3 }, () => [true, true]), ...Array.from({ length: 3 }, () => [true, false])],
      )
    })

    it('does not trust a server that takes a CRC and says nothing of it', async () => {
      proxy.plant(is('put'), { withoutHeaders: ['x-amz-checksum-crc64nvme'] })
      await put(SMALL)
      const before = proxy.requests.length
      await storage.put('another', bodyOf(SMALL), host)
      const request = proxy.requests.slice(before).find(is('put'))
      assert.ok(request?.headers['content-md5'])
      assert.equal(request.headers['x-amz-checksum-crc64nvme'], undefined)
    })

    it('removes an object that it cannot tell for its own after all', async () => {
      proxy.plant(is('head'), { withoutHeaders: ['x-amz-meta-dbvault-upload'] })
      await failsWith('STORAGE_FAILED', put(SMALL))
    })

    it('removes an object whose checksum is not that of what was sent', async () => {
      proxy.plant(is('head'), { changeHeaders: { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } }, 1)
      await failsWith('STORAGE_FAILED', put(SMALL))
    })
  })

  describe(`reading from ${vendor} through a network that fails`, () => {
    needs(vendor)
    let proxy: HttpProxy
    let bucket: TestBucket
    let storage: Storage
    let host: TestHost

    before(async () => {
      proxy = await startHttpProxy((await sharedS3(vendor)).endpoint)
      bucket = await makeBucket(await sharedS3(vendor))
      await using filling = testHost()
      const direct = await bucket.open()
      await direct.put('key', bodyOf(BYTES), filling)
      await Promise.all(['a', 'b', 'c'].map((key) => direct.put(`list/${key}`, bodyOf(SMALL), filling)))
      await direct[Symbol.asyncDispose]()
    })
    beforeEach(async () => {
      host = testHost()
      storage = await bucket.open({ endpoint: proxy.url })
    })
    afterEach(async () => {
      proxy.heal()
      await storage[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    })
    after(() => proxy[Symbol.asyncDispose]())

    const read = async (): Promise<Buffer> => buffer(await storage.get('key', host))

    it('goes on from the next byte when the connection breaks, again and again', async () => {
      proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 4)
      const before = proxy.requests.length
      assert.ok((await read()).equals(BYTES))
      const ranges = proxy.requests.slice(before).map(({ headers }) => headers.range)
      assert.equal(ranges.length, 5)
      assert.equal(ranges[0], undefined)
      assert.ok(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')))
    })

    it('fails when no byte comes any more', async () => {
      proxy.plant(is('get'), { cutAnswerAfter: 0 }, 9)
      await rejectsWith(read(), 'STORAGE_UNREACHABLE')
    })

    it('refuses to go on in an object that was replaced', async () => {
      const direct = await bucket.open()
      await direct.put('replaced', bodyOf(BYTES), host)
      proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 })
      const stream = await storage.get('replaced', host)
      await direct.delete('replaced', host)
      await direct.put('replaced', bodyOf(Buffer.from(BYTES.toReversed())), host)
      const error = await rejectsWith(buffer(stream), 'STORAGE_FAILED')
      assert.match(error.message, /was replaced/)
      await direct[Symbol.asyncDispose]()
    })

    it('reads slowly what comes slowly', async () => {
      proxy.plant(is('get'), { slowly: { bytes: 16_384, everyMs: 2 } })
      assert.ok((await buffer(await storage.get('list/a', host))).equals(SMALL))
    })

    for (const [what, fault] of [
      ['cut in the middle', { cutAnswerAfter: 300 }],
      ['half of one, with the right end of a connection', { changeAnswer: (body: string) => body.slice(0, 400) }],
      [
        'without an object that it counts',
        { changeAnswer: (body: string) => body.replace(/<Contents>.*?<\/Contents>/s, '') },
      ],
      ['an error in a 200', { answer: 200, body: errorBody('InternalError') }],
      ['503', server('SlowDown', 503)],
    ] as const satisfies readonly (readonly [string, Fault])[]) {
      it(`asks again for a listing that is ${what}, and is never content with it`, async () => {
        proxy.plant(is('list'), fault)
        const keys = (await Array.fromAsync(storage.list('list/', host))).map(({ key }) => key)
        assert.deepEqual(keys, ['list/a', 'list/b', 'list/c'])
        proxy.plant(is('list'), fault, 3)
        await assert.rejects(Array.fromAsync(storage.list('list/', host)))
      })
    }

    it('throws when a listing says that there is more and not where', async () => {
      const more = (body: string): string => body.replace(/<IsTruncated>false/, '<IsTruncated>true')
      proxy.plant(is('list'), { changeAnswer: more }, 9)
      await rejectsWith(Array.fromAsync(storage.list('list/', host)), 'STORAGE_FAILED')
    })

    it('throws when a listing goes round in a circle', async () => {
      const again = (body: string): string =>
        body
          .replace(/<IsTruncated>false/, '<IsTruncated>true')
          .replace('</ListBucketResult>', '<NextContinuationToken>bGlzdC9h</NextContinuationToken></ListBucketResult>')
          .replace(/<KeyCount>\d+/, '<KeyCount>0')
          .replace(/<Contents>.*<\/Contents>/s, '')
      proxy.plant(is('list'), { changeAnswer: again }, 9)
      await rejectsWith(Array.fromAsync(storage.list('list/', host)), 'STORAGE_FAILED')
    })

    for (const status of [400, 403, 500]) {
      it(`does not take ${status} for absent`, async () => {
        proxy.plant(is('head'), { answer: status }, 9)
        await assert.rejects(storage.stat('none', host).then((stat) => assert.equal(stat, 'doubtful')))
      })
    }

    it('does not take an absent bucket for an absent object', async () => {
      const elsewhere = await bucket.open({ bucket: 'no-such-bucket-here' })
      for (const call of [
        () => elsewhere.stat('key', host),
        () => elsewhere.get('key', host),
        () => Array.fromAsync(elsewhere.list('', host)),
        () => elsewhere.put('key', bodyOf(SMALL), host),
        () => elsewhere.put('key', bodyOf(BYTES), host),
        () => elsewhere.probe(host),
      ]) {
        const error = await rejectsWith(call(), 'STORAGE_FAILED')
        assert.match(error.message, /there is no bucket no-such-bucket-here/)
      }
      await elsewhere[Symbol.asyncDispose]()
    })
  })
}
