import assert from 'node:assert/strict'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import type { Fault } from '../../../test/support/http-proxy.ts'
import { sendsLargePartsAgain } from '../../../test/support/large-parts.ts'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyBucket, server, SMALL } from './support/faulty.ts'
import { errorBody, is } from './support/requests.ts'

describe('an upload to S3 through a network that fails', () => {
  needs('versitygw')
  const net = new FaultyBucket('versitygw')

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
      net.proxy.plant(is('part', 2), fault)
      await net.put()
      assert.equal(net.count('part'), 4)
      await net.isWhole()
    })
  }

  sendsLargePartsAgain(is('part', 1), () => net)

  it('waits as long as the server says before it sends a part again', async () => {
    net.proxy.plant(is('part', 1), { answer: 503, headers: { 'retry-after': '1' }, body: errorBody('SlowDown') })
    const start = performance.now()
    await net.put()
    assert.ok(performance.now() - start >= 1_000)
    const [event] = net.host.events.filter(({ kind }) => kind === 'retry')
    assert.ok(event?.kind === 'retry' && event.waitMs === 1_000)
  })

  it('gives up after its attempts, and leaves no object and no part', async () => {
    net.proxy.plant(is('part', 2), server('InternalError'), 3)
    await net.failsWith('STORAGE_UNREACHABLE', net.put())
  })

  it('does not try again what the server refuses', async () => {
    net.proxy.plant(is('part', 2), server('AccessDenied', 403))
    await net.failsWith('STORAGE_DENIED', net.put())
    assert.equal(net.host.events.length, 0)
  })

  it('takes an error in the body of a 200 for an error', async () => {
    net.proxy.plant(is('complete'), { answer: 200, body: errorBody('InternalError') }, 3)
    await net.failsWith('STORAGE_UNREACHABLE', net.put())
    assert.equal(net.count('complete'), 3)
  })

  it('finishes after an error in the body of a 200', async () => {
    net.proxy.plant(is('complete'), { answer: 200, body: errorBody('InternalError') })
    await net.put()
    await net.isWhole()
  })

  it('is not satisfied by a 200 when no object is there', async () => {
    net.proxy.plant(is('complete'), { answer: 200, body: '<CompleteMultipartUploadResult/>' })
    await net.failsWith('STORAGE_FAILED', net.put())
  })

  it('leaves nothing when it is aborted while parts are under way', async () => {
    net.proxy.plant(is('part', 2), { silence: true })
    const coming = net.proxy.next(is('part', 2))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
  })

  it('leaves nothing when it is aborted while the upload begins', async () => {
    let release = (): void => {}
    const hold = new Promise<void>((resolve) => (release = resolve))
    net.proxy.plant(is('create'), { hold })
    const coming = net.proxy.next(is('create'))
    const putting = net.put()
    await coming
    net.host.abort()
    setImmediate(release)
    await net.failsWith('INTERRUPTED', putting)
  })

  it('removes the parts though the first try to do so fails', async () => {
    net.proxy.plant(is('part', 2), server('AccessDenied', 403))
    net.proxy.plant(is('abort'), server('SlowDown', 503))
    await net.failsWith('STORAGE_DENIED', net.put())
  })

  it('removes the parts though the first try to do so after an abort fails', async () => {
    net.proxy.plant(is('part', 2), { silence: true })
    net.proxy.plant(is('abort'), server('SlowDown', 503))
    const coming = net.proxy.next(is('part', 2))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
    assert.equal(net.count('abort'), 2)
  })

  it('says so when the parts cannot be removed', async () => {
    net.proxy.plant(is('part', 2), server('AccessDenied', 403))
    net.proxy.plant(is('abort'), server('AccessDenied', 403), 9)
    await rejectsWith(net.put(), 'STORAGE_DENIED')
    assert.deepEqual(await net.bucket.left(), ['folder/key (upload)'])
    const warning = net.host.events.find(({ kind }) => kind === 'warning')
    assert.match(warning?.kind === 'warning' ? warning.message : '', /folder\/key could not be removed/)
    const [upload] = await Array.fromAsync(net.storage.unfinished('folder/', net.host))
    assert.equal(upload?.key, 'folder/key')
  })

  it('protects the bytes by MD5 where the server knows no CRC64NVME', async () => {
    net.proxy.plant((request) => 'x-amz-checksum-algorithm' in request.headers, server('InvalidRequest', 400), 9)
    net.proxy.plant((request) => 'x-amz-checksum-crc64nvme' in request.headers, server('InvalidRequest', 400), 9)
    await net.put()
    await net.isWhole()
    const before = net.proxy.requests.length
    await net.storage.put('another', bodyOf(BYTES), net.host)
    const parts = net.proxy.requests.slice(before).filter(is('part'))
    assert.equal(parts.length, 3)
    for (const { headers } of parts) {
      assert.ok(headers['content-md5'])
      assert.equal(headers['x-amz-checksum-crc64nvme'], undefined)
    }
  })

  it('protects them by both as long as it does not know the server, and then by what that knows', async () => {
    const before = net.proxy.requests.length
    await net.put()
    await net.storage.put('another', bodyOf(BYTES), net.host)
    const parts = net.proxy.requests.slice(before).filter(is('part'))
    assert.deepEqual(
      parts.map(({ headers }) => ['x-amz-checksum-crc64nvme' in headers, 'content-md5' in headers]),
      [...Array.from({ length: 3 }, () => [true, true]), ...Array.from({ length: 3 }, () => [true, false])],
    )
  })

  it('does not trust a server that takes a CRC and says nothing of it', async () => {
    net.proxy.plant(is('put'), { withoutHeaders: ['x-amz-checksum-crc64nvme'] })
    await net.put(SMALL)
    const before = net.proxy.requests.length
    await net.storage.put('another', bodyOf(SMALL), net.host)
    const request = net.proxy.requests.slice(before).find(is('put'))
    assert.ok(request?.headers['content-md5'])
    assert.equal(request.headers['x-amz-checksum-crc64nvme'], undefined)
  })

  it('removes an object that it cannot tell for its own after all', async () => {
    net.proxy.plant(is('head'), { withoutHeaders: ['x-amz-meta-dbvault-upload'] })
    await net.failsWith('STORAGE_FAILED', net.put(SMALL))
  })

  it('removes an object whose checksum is not that of what was sent', async () => {
    net.proxy.plant(is('head'), { changeHeaders: { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' } }, 1)
    await net.failsWith('STORAGE_FAILED', net.put(SMALL))
  })
})
