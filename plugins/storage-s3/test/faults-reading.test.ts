import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import type { Fault } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyBucket, server, SMALL } from './support/faulty.ts'
import { errorBody, is } from './support/requests.ts'

describe('reading from S3 through a network that fails', () => {
  needs('versitygw')
  const net = new FaultyBucket('versitygw')

  beforeEach(async () => {
    await net.storage.put('key', bodyOf(BYTES), net.host)
    await Promise.all(['a', 'b', 'c'].map((key) => net.storage.put(`list/${key}`, bodyOf(SMALL), net.host)))
  })

  const read = async (): Promise<Buffer> => buffer(await net.storage.get('key', net.host))

  it('goes on from the next byte when the connection breaks, again and again', async () => {
    net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 4)
    const before = net.proxy.requests.length
    assert.ok((await read()).equals(BYTES))
    const ranges = net.proxy.requests.slice(before).map(({ headers }) => headers.range)
    assert.equal(ranges.length, 5)
    assert.equal(ranges[0], undefined)
    assert.ok(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')))
  })

  it('fails when no byte comes any more', async () => {
    net.proxy.plant(is('get'), { cutAnswerAfter: 0 }, 9)
    await rejectsWith(read(), 'STORAGE_UNREACHABLE')
  })

  it('refuses to go on in an object that was replaced', async () => {
    const direct = await net.bucket.open()
    await direct.put('replaced', bodyOf(BYTES), net.host)
    net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 })
    const stream = await net.storage.get('replaced', net.host)
    await direct.delete('replaced', net.host)
    await direct.put('replaced', bodyOf(Buffer.from(BYTES.toReversed())), net.host)
    const error = await rejectsWith(buffer(stream), 'STORAGE_FAILED')
    assert.match(error.message, /was replaced/)
    await direct[Symbol.asyncDispose]()
  })

  it('reads slowly what comes slowly', async () => {
    net.proxy.plant(is('get'), { slowly: { bytes: 16_384, everyMs: 2 } })
    assert.ok((await buffer(await net.storage.get('list/a', net.host))).equals(SMALL))
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
      net.proxy.plant(is('list'), fault)
      const keys = (await Array.fromAsync(net.storage.list('list/', net.host))).map(({ key }) => key)
      assert.deepEqual(keys, ['list/a', 'list/b', 'list/c'])
      net.proxy.plant(is('list'), fault, 3)
      await assert.rejects(Array.fromAsync(net.storage.list('list/', net.host)))
    })
  }

  it('asks again for a listing of uploads that is cut anywhere', async () => {
    for (const key of ['a', 'b', 'c']) await net.bucket.strand(`up/${key}`)
    const keys = async () => (await Array.fromAsync(net.storage.unfinished('up/', net.host))).map(({ key }) => key)
    for (const share of [0, 0.2, 0.5, 0.8, 0.95]) {
      const cut = (body: string): string => body.slice(0, body.length * share)
      net.proxy.plant(is('uploads'), { changeAnswer: cut })
      assert.deepEqual(await keys(), ['up/a', 'up/b', 'up/c'], `cut at ${share}`)
    }
  })

  it('throws when a listing says that there is more and not where', async () => {
    const more = (body: string): string => body.replace(/<IsTruncated>false/, '<IsTruncated>true')
    net.proxy.plant(is('list'), { changeAnswer: more }, 9)
    await rejectsWith(Array.fromAsync(net.storage.list('list/', net.host)), 'STORAGE_FAILED')
  })

  it('throws when a listing goes round in a circle', async () => {
    const again = (body: string): string =>
      body
        .replace(/<IsTruncated>false/, '<IsTruncated>true')
        .replace('</ListBucketResult>', '<NextContinuationToken>bGlzdC9h</NextContinuationToken></ListBucketResult>')
        .replace(/<KeyCount>\d+/, '<KeyCount>0')
        .replace(/<Contents>.*<\/Contents>/s, '')
    net.proxy.plant(is('list'), { changeAnswer: again }, 9)
    await rejectsWith(Array.fromAsync(net.storage.list('list/', net.host)), 'STORAGE_FAILED')
  })

  for (const status of [400, 403, 500]) {
    it(`does not take ${status} for absent`, async () => {
      net.proxy.plant(is('head'), { answer: status }, 9)
      await assert.rejects(net.storage.stat('none', net.host).then((stat) => assert.equal(stat, 'doubtful')))
    })
  }

  it('does not take an absent bucket for an absent object', async () => {
    const elsewhere = await net.bucket.open({ bucket: 'no-such-bucket-here' })
    for (const call of [
      () => elsewhere.stat('key', net.host),
      () => elsewhere.get('key', net.host),
      () => Array.fromAsync(elsewhere.list('', net.host)),
      () => elsewhere.put('key', bodyOf(SMALL), net.host),
      () => elsewhere.put('key', bodyOf(BYTES), net.host),
      () => elsewhere.probe(net.host),
    ]) {
      const error = await rejectsWith(call(), 'STORAGE_FAILED')
      assert.match(error.message, /there is no bucket no-such-bucket-here/)
    }
    await elsewhere[Symbol.asyncDispose]()
  })
})
