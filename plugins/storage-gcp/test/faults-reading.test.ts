import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import type { Fault } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyBucket, server, SMALL } from './support/faulty.ts'
import { is } from './support/requests.ts'

describe('reading from Google Cloud Storage through a network that fails', () => {
  needs('fake-gcs-server')
  const net = new FaultyBucket()

  /** Past the network. */
  async function stored(key: string, bytes: Buffer): Promise<void> {
    await using direct = await net.bucket.open()
    await direct.put(key, bodyOf(bytes), net.host)
  }
  const read = async (): Promise<Buffer> => buffer(await net.storage.get('key', net.host))

  it('goes on from the next byte of the same generation when the connection breaks, again and again', async () => {
    await stored('key', BYTES)
    net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 4)
    const before = net.proxy.requests.length
    assert.ok((await read()).equals(BYTES))
    const [first, ...later] = net.proxy.requests.slice(before).filter(is('get'))
    assert.equal(later.length, 4)
    assert.deepEqual([first?.headers.range, first?.query.get('generation')], [undefined, null])
    for (const { headers, query } of later) {
      assert.match(headers.range ?? '', /^bytes=[1-9]\d*-$/)
      assert.match(query.get('generation') ?? '', /^\d+$/)
    }
  })

  it('fails when no byte comes any more', async () => {
    await stored('key', SMALL)
    net.proxy.plant(is('get'), { cutAnswerAfter: 0 }, 9)
    await rejectsWith(read(), 'STORAGE_UNREACHABLE')
  })

  for (const [what, other] of Object.entries({ 'as large': Buffer.from(BYTES.toReversed()), smaller: SMALL })) {
    it(`refuses to go on in an object that was replaced by one that is ${what}`, async () => {
      await stored('key', BYTES)
      net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 })
      const stream = await net.storage.get('key', net.host)
      await using direct = await net.bucket.open()
      await direct.delete('key', net.host)
      await direct.put('key', bodyOf(other), net.host)
      const error = await rejectsWith(buffer(stream), 'STORAGE_FAILED')
      assert.match(error.message, /was replaced/)
    })
  }

  it('reads slowly what comes slowly', async () => {
    await stored('key', SMALL)
    net.proxy.plant(is('get'), { slowly: { bytes: 100, everyMs: 2 } })
    assert.ok((await read()).equals(SMALL))
  })

  it('refuses bytes that are not those that were asked for', async () => {
    await stored('key', SMALL)
    net.proxy.plant(is('get'), { changeHeaders: { 'content-range': 'bytes 0-9/1000' } })
    const range = { start: 500 }
    await rejectsWith(net.storage.get('key', net.host, { range }).then(buffer), 'STORAGE_FAILED')
  })

  describe('a listing', () => {
    beforeEach(async () => {
      net.front.settings.pageSize = 2
      for (const key of ['a', 'b', 'c']) await stored(`list/${key}`, SMALL)
    })
    afterEach(() => (net.front.settings.pageSize = 1000))

    const listed = async (): Promise<string[]> =>
      (await Array.fromAsync(net.storage.list('list/', net.host))).map(({ key }) => key)

    it('goes from page to page', async () => {
      assert.deepEqual(await listed(), ['list/a', 'list/b', 'list/c'])
      assert.equal(net.count('list'), 2)
    })

    for (const [what, fault] of [
      ['cut in the middle', { cutAnswerAfter: 100 }],
      ['half of one, with the right end of a connection', { changeAnswer: (body: string) => body.slice(0, 200) }],
      ['something else', { answer: 200, body: '{}' }],
      ['a page of somebody in between', { answer: 200, body: '<html>log in here</html>' }],
      ['503', server('backendError')],
    ] as const satisfies readonly (readonly [string, Fault])[]) {
      it(`is asked for again when a page is ${what}, and is never taken for whole`, async () => {
        for (const isPage of [is('list'), (one: Parameters<ReturnType<typeof is>>[0]) => one.query.has('pageToken')]) {
          net.proxy.plant(isPage, fault)
          assert.deepEqual(await listed(), ['list/a', 'list/b', 'list/c'])
          net.proxy.plant(isPage, fault, 3)
          await assert.rejects(listed())
        }
      })
    }

    it('throws when it goes round in a circle', async () => {
      const changeAnswer = (body: string): string => JSON.stringify({ ...JSON.parse(body), nextPageToken: 'Mg' })
      net.proxy.plant(is('list'), { changeAnswer }, 9)
      await rejectsWith(listed(), 'STORAGE_FAILED')
    })

    it('throws when it holds what was not asked for', async () => {
      net.proxy.plant(is('list'), { changeAnswer: (body) => body.replaceAll('list/', 'other/') })
      await rejectsWith(listed(), 'STORAGE_FAILED')
    })
  })

  for (const status of [400, 403, 500]) {
    it(`does not take ${status} for absent`, async () => {
      net.proxy.plant(is('head'), { answer: status }, 9)
      await assert.rejects(net.storage.stat('none', net.host).then((stat) => assert.equal(stat, 'doubtful')))
    })
  }

  it('does not take an absent bucket for an absent object', async () => {
    await using elsewhere = await net.bucket.open({ bucket: 'no-such-bucket-here' })
    for (const call of [
      () => elsewhere.stat('key', net.host),
      () => elsewhere.get('key', net.host),
      () => elsewhere.delete('key', net.host),
      () => Array.fromAsync(elsewhere.list('', net.host)),
      () => elsewhere.put('key', bodyOf(SMALL), net.host),
      () => elsewhere.put('key', bodyOf(BYTES), net.host),
      () => elsewhere.probe(net.host),
    ]) {
      const error = await rejectsWith(call(), 'STORAGE_FAILED')
      assert.match(error.message, /there is no bucket no-such-bucket-here/)
    }
  })
})
