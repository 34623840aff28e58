import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Fault, startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import { BYTES, FaultyBucket, PART, server, SMALL } from './support/faulty.ts'
import { errorBody, is } from './support/requests.ts'

describe('an upload to Google Cloud Storage through a network that fails', () => {
  needs('fake-gcs-server')
  const net = new FaultyBucket()

  it('goes in its order, and only the last request says how much it is', async () => {
    await net.put()
    const ranges = net.proxy.requests
      .filter(({ path, method }) => path.includes(net.bucket.name) && method === 'PUT')
      .map(({ headers }) => headers['content-range'])
    const kept = BYTES.length - 2 * PART
    const last = 2 * PART + kept - (((kept - 1) % (256 * 1024)) + 1)
    assert.deepEqual(ranges, [
      `bytes 0-${PART - 1}/*`,
      `bytes ${PART}-${2 * PART - 1}/*`,
      ...(last > 2 * PART ? [`bytes ${2 * PART}-${last - 1}/*`] : []),
      `bytes ${last}-${BYTES.length - 1}/${BYTES.length}`,
    ])
    await net.isWhole()
  })

  for (const [what, fault] of [
    ['500', server('internalError', 500)],
    ['503', server('backendError')],
    ['429', server('rateLimitExceeded', 429)],
    ['403 rateLimitExceeded', server('rateLimitExceeded', 403)],
    ['503 before it has read the body', { ...server('backendError'), early: true }],
    ['nothing: the connection breaks in the middle of the part', { cutRequestAfter: 3_000_000 }],
    ['nothing: its answer is lost', { loseAnswer: true }],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    it(`asks how far it got and goes on from there when the server answers a part with ${what}`, async () => {
      net.proxy.plant(is('part', PART), fault)
      await net.put()
      assert.equal(net.count('how far'), 1)
      await net.isWhole()
    })
  }

  it('sends again only what has not arrived', async () => {
    net.proxy.plant(is('part', PART), { cutRequestAfter: 3_000_000 })
    await net.put()
    assert.ok(net.proxy.requests.some(is('part', PART + 11 * 256 * 1024)), 'it was sent from its beginning')
    await net.isWhole()
  })

  it('goes on where the server has taken a piece of a part only', async () => {
    net.front.settings.takeOnly = 3 * 256 * 1024
    await net.put()
    assert.equal(net.proxy.requests.filter(is('part', 3 * 256 * 1024)).length > 0, true)
    await net.isWhole()
  })

  it('asks again how far it got', async () => {
    net.proxy.plant(is('part', PART), { loseAnswer: true })
    net.proxy.plant(is('how far'), server('backendError'))
    await net.put()
    assert.equal(net.count('how far'), 2)
    await net.isWhole()
  })

  it('fails when the server has lost what it had taken', async () => {
    net.proxy.plant(is('part', PART), { ...server('backendError') })
    net.proxy.plant(is('how far'), { answer: 308, headers: { range: 'bytes=0-262143' } })
    await net.failsWith('STORAGE_FAILED', net.put())
  })

  it('fails when its upload is gone', async () => {
    net.proxy.plant(is('part', PART), { answer: 410 })
    await net.failsWith('STORAGE_FAILED', net.put())
  })

  it('waits as long as the server says before it goes on', async () => {
    const headers = { 'retry-after': '1' }
    net.proxy.plant(is('part', 0), { answer: 503, headers, body: errorBody('backendError', 503) })
    const start = performance.now()
    await net.put()
    assert.ok(performance.now() - start >= 1_000)
    const [event] = net.host.events.filter(({ kind }) => kind === 'retry')
    assert.ok(event?.kind === 'retry' && event.waitMs === 1_000)
  })

  it('gives up after its attempts, and leaves no object and no upload', async () => {
    net.proxy.plant(is('part', PART), server('backendError'), 9)
    await net.failsWith('STORAGE_UNREACHABLE', net.put())
    assert.equal(net.count('part'), 4)
  })

  it('does not try again what the server refuses', async () => {
    net.proxy.plant(is('part', PART), server('forbidden', 403))
    await net.failsWith('STORAGE_DENIED', net.put())
    assert.equal(net.host.events.length, 0)
  })

  it('begins again when the answer to the beginning is lost', async () => {
    net.proxy.plant(is('begin'), server('backendError'))
    await net.put()
    await net.isWhole()
  })

  it('leaves nothing when it is aborted while a part is under way', async () => {
    net.proxy.plant(is('part', PART), { silence: true })
    const coming = net.proxy.next(is('part', PART))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
  })

  it('leaves nothing when it is aborted while the upload begins', async () => {
    let release = (): void => {}
    const hold = new Promise<void>((resolve) => (release = resolve))
    net.proxy.plant(is('begin'), { hold })
    const coming = net.proxy.next(is('begin'))
    const putting = net.put()
    await coming
    net.host.abort()
    setImmediate(release)
    await net.failsWith('INTERRUPTED', putting)
  })

  it('gives the upload up though the first try to do so fails', async () => {
    net.proxy.plant(is('part', PART), server('forbidden', 403))
    net.proxy.plant(is('give up'), server('backendError'))
    await net.failsWith('STORAGE_DENIED', net.put())
  })

  it('tries again to give the upload up when it was aborted, too', async () => {
    net.proxy.plant(is('part', PART), { silence: true })
    net.proxy.plant(is('give up'), server('backendError'))
    const coming = net.proxy.next(is('part', PART))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
    assert.equal(net.count('give up'), 2)
  })

  it('says so when the upload cannot be given up, and shows nobody its id', async () => {
    net.proxy.plant(is('part', PART), server('forbidden', 403))
    net.proxy.plant(is('give up'), server('forbidden', 403), 9)
    await rejectsWith(net.put(), 'STORAGE_DENIED')
    const warning = net.host.events.find(({ kind }) => kind === 'warning')
    assert.match(warning?.kind === 'warning' ? warning.message : '', /folder\/key could not be removed/)
    assert.doesNotMatch(JSON.stringify(net.host.events), /upload_id=(?!\[secret)/)
  })

  it('removes what a server has made an object of too early', async () => {
    // As fake-gcs-server does when it is asked how far an upload got.
    await using proxy = await startHttpProxy(net.bucket.endpoint)
    proxy.plant(is('part', PART), { loseAnswer: true })
    await using storage = await net.bucket.open({ endpoint: proxy.url })
    await net.failsWith('STORAGE_FAILED', storage.put('folder/key', bodyOf(BYTES), net.host))
    assert.ok(proxy.requests.some(is('delete')), 'it was there')
  })

  it('removes an object that it cannot tell for its own after all', async () => {
    const changeAnswer = (body: string): string => body.replace('dbvault-upload', 'another')
    net.proxy.plant(is('head'), { changeAnswer })
    await net.failsWith('STORAGE_FAILED', net.put(SMALL))
  })

  it('removes an object whose checksum is not that of what was sent', async () => {
    const changeAnswer = (body: string): string => body.replace(/"crc32c":"[^"]*"/, '"crc32c":"AAAAAA=="')
    for (const bytes of [SMALL, BYTES]) {
      net.proxy.plant(is('head'), { changeAnswer })
      await net.failsWith('STORAGE_FAILED', net.put(bytes))
    }
  })

  it('gives the server a CRC32C before that makes the object, of what is sent in one request, too', async () => {
    await net.put(SMALL)
    const { crc32c } = await net.bucket.ask(`/o/${encodeURIComponent('folder/key')}`)
    let said = ''
    const listener = createServer((request, response) => {
      const isUpload = request.method === 'POST'
      void text(request).then((body) => {
        if (isUpload) said = body
        response.writeHead(400).end()
      })
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    await using storage = await net.bucket.open({ endpoint: `http://127.0.0.1:${port}` })
    await rejectsWith(storage.put('folder/key', bodyOf(SMALL), net.host), 'STORAGE_FAILED')
    listener.close()
    listener.closeAllConnections()
    assert.ok(said.includes(`"crc32c":"${String(crc32c)}"`), said.slice(0, 300))
  })

  it('gives the server a CRC32C of the whole before that makes the object', async () => {
    await net.put()
    const finish = net.proxy.requests.findLast(is('finish'))
    const { crc32c } = await net.bucket.ask(`/o/${encodeURIComponent('folder/key')}`)
    assert.equal(finish?.headers['x-goog-hash'], `crc32c=${String(crc32c)}`)
  })
})
