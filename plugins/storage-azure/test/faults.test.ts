import assert from 'node:assert/strict'
import type { BlockBlobClient } from '@azure/storage-blob'
import { buffer } from 'node:stream/consumers'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import type { Fault } from '../../../test/support/http-proxy.ts'
import { sendsLargePartsAgain } from '../../../test/support/large-parts.ts'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyContainer, server, SMALL } from './support/faulty.ts'
import { is } from './support/requests.ts'

describe('an upload to Azure through a network that fails', () => {
  needs('azurite')
  const net = new FaultyContainer()

  for (const [what, fault] of [
    ['500', server('InternalError')],
    ['503 ServerBusy', server('ServerBusy', 503)],
    ['429', { answer: 429 }],
    ['nothing: the connection breaks in the middle of the block', { cutRequestAfter: 3_000_000 }],
    ['nothing: its answer is lost', { loseAnswer: true }],
    ['that its MD5 is another one', server('Md5Mismatch', 400)],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    it(`sends a block again when the server answers ${what}`, async () => {
      net.proxy.plant(is('block'), fault)
      await net.put()
      assert.equal(net.count('block'), 4)
      await net.isWhole()
    })
  }

  sendsLargePartsAgain(
    (request) => is('block')(request) && Number(request.headers['content-length']) > 32 * 1024 ** 2,
    () => net,
  )

  it('waits as long as the server says before it sends a block again', async () => {
    net.proxy.plant(is('block'), { answer: 503, headers: { 'retry-after': '1' } })
    const start = performance.now()
    await net.put()
    assert.ok(performance.now() - start >= 1_000)
    const [event] = net.host.events.filter(({ kind }) => kind === 'retry')
    assert.ok(event?.kind === 'retry' && event.waitMs === 1_000)
  })

  it('sends the MD5 of every block', async () => {
    await net.put()
    const blocks = net.proxy.requests.filter(({ path }) => path.includes(net.container.name)).filter(is('block'))
    assert.equal(blocks.length, 3)
    for (const { headers } of blocks) assert.match(String(headers['content-md5']), /^[\w+/]{22}==$/)
  })

  it('gives up after its attempts, and leaves no blob and no block', async () => {
    net.proxy.plant(is('block'), server('InternalError'), 12)
    await net.failsWith('STORAGE_UNREACHABLE', net.put())
  })

  it('does not try again what the server refuses', async () => {
    net.proxy.plant(is('block'), server('AuthorizationPermissionMismatch', 403), 4)
    await net.failsWith('STORAGE_DENIED', net.put())
    assert.equal(net.host.events.filter(({ kind }) => kind === 'retry').length, 0)
  })

  it('removes the blocks though the first try to do so after an abort fails', async () => {
    net.proxy.plant(is('block'), { silence: true })
    net.proxy.plant(is('commit'), server('ServerBusy', 503))
    const coming = net.proxy.next(is('block'))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
    assert.equal(net.count('commit'), 2)
  })

  it('leaves no empty blob though the answer to the request that drops the blocks is lost', async () => {
    net.proxy.plant(is('block'), server('AuthorizationPermissionMismatch', 403), 4)
    net.proxy.plant(is('commit'), { loseAnswer: true })
    await net.failsWith('STORAGE_DENIED', net.put())
  })

  it('accepts its own blob when the answer to the last request is lost', async () => {
    net.proxy.plant(is('commit'), { loseAnswer: true })
    await net.put()
    await net.isWhole()
  })

  it('is not satisfied by a 201 when no blob is there', async () => {
    net.proxy.plant(is('commit'), { answer: 201 })
    await net.failsWith('STORAGE_FAILED', net.put())
  })

  it('leaves nothing when it is aborted while blocks are under way', async () => {
    net.proxy.plant(is('block'), { silence: true })
    const coming = net.proxy.next(is('block'))
    const putting = net.put()
    await coming
    net.host.abort()
    await net.failsWith('INTERRUPTED', putting)
  })

  it('leaves nothing though a block comes in after it has dropped them', async () => {
    net.proxy.plant(is('block'), { silence: true })
    const coming = net.proxy.next(is('block'))
    const putting = net.put()
    const { path } = await coming
    const dropping = net.proxy.next(is('commit'))
    net.host.abort()
    await dropping
    const id = new URL(path, 'http://azure').searchParams.get('blockid') ?? ''
    const blob = net.container.client.getBlockBlobClient('folder/key')
    while ((await blob.exists()) || !(await staged(blob, id)));
    await net.failsWith('INTERRUPTED', putting)
  })

  it('leaves the blocks of another upload alone when it is aborted', async () => {
    net.proxy.plant(is('block'), { silence: true })
    const coming = net.proxy.next(is('block'))
    const putting = net.put()
    const { path } = await coming
    const id = new URL(path, 'http://azure').searchParams.get('blockid') ?? ''
    const blob = net.container.client.getBlockBlobClient('folder/key')
    const other = Buffer.from(Buffer.from(id, 'base64').toString().replace(/^./, 'z')).toString('base64')
    assert.ok(await staged(blob, other))
    net.host.abort()
    await rejectsWith(putting, 'INTERRUPTED')
    const left = await blob.getBlockList('uncommitted').then(
      ({ uncommittedBlocks = [] }) => uncommittedBlocks.map(({ name }) => name),
      (): string[] => [],
    )
    assert.ok(left.includes(other))
    await blob.commitBlockList([])
    await blob.delete()
  })

  it('refuses a blob that was made while it sent its blocks', async () => {
    let release = (): void => {}
    net.proxy.plant(is('commit'), { hold: new Promise((resolve) => (release = resolve)) })
    const coming = net.proxy.next(is('commit'))
    const putting = net.put()
    await coming
    // Without a condition: Azurite takes blocks that are no blob yet for one.
    await net.container.client.getBlockBlobClient('folder/key').upload(SMALL, SMALL.length)
    release()
    await rejectsWith(putting, 'OBJECT_EXISTS')
    await net.isWhole(SMALL)
  })
})

describe('reading from Azure through a network that fails', () => {
  needs('azurite')
  const net = new FaultyContainer()

  beforeEach(async () => {
    await net.storage.put('key', bodyOf(BYTES), net.host)
    await Promise.all(['a', 'b', 'c'].map((key) => net.storage.put(`list/${key}`, bodyOf(SMALL), net.host)))
  })

  const read = async (): Promise<Buffer> => buffer(await net.storage.get('key', net.host))

  it('goes on from the next byte when the connection breaks, again and again', async () => {
    net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 }, 4)
    assert.ok((await read()).equals(BYTES))
    assert.equal(net.count('get'), 5)
  })

  it('fails when no byte comes any more', async () => {
    net.proxy.plant(is('get'), { cutAnswerAfter: 0 }, 9)
    await rejectsWith(read(), 'STORAGE_UNREACHABLE')
  })

  it('refuses to go on in a blob that was replaced', async () => {
    const direct = await net.container.open()
    net.proxy.plant(is('get'), { cutAnswerAfter: 3_000_000 })
    const stream = await net.storage.get('key', net.host)
    await direct.delete('key', net.host)
    await direct.put('key', bodyOf(Buffer.from(BYTES.toReversed())), net.host)
    const error = await rejectsWith(buffer(stream), 'STORAGE_FAILED')
    assert.match(error.message, /was replaced/)
  })

  it('takes no other bytes than it asked for', async () => {
    const range = { start: 1_000, end: 2_000 }
    net.proxy.plant(is('get'), { changeHeaders: { 'content-range': `bytes 0-999/${BYTES.length}` } })
    const error = await rejectsWith(net.storage.get('key', net.host, { range }), 'STORAGE_FAILED')
    assert.match(error.message, /with the bytes that were asked for/)
    const headers = { 'content-range': `bytes 1000-1998/${BYTES.length}`, etag: '"x"' }
    net.proxy.plant(is('get'), { replaceAnswer: { status: 206, headers, body: 'x'.repeat(999) } })
    const got = await buffer(await net.storage.get('key', net.host, { range }))
    assert.ok(got.equals(BYTES.subarray(1_000, 2_000)))
  })

  for (const [what, fault] of [
    ['cut in the middle', { cutAnswerAfter: 300 }],
    ['half of one, with the right end of a connection', { changeAnswer: (body: string) => body.slice(0, 400) }],
    ['503', server('ServerBusy', 503)],
  ] as const satisfies readonly (readonly [string, Fault])[]) {
    it(`asks again for a listing that is ${what}, and is never content with it`, async () => {
      net.proxy.plant(is('list'), fault)
      const keys = (await Array.fromAsync(net.storage.list('list/', net.host))).map(({ key }) => key)
      assert.deepEqual(keys, ['list/a', 'list/b', 'list/c'])
      net.proxy.plant(is('list'), fault, 3)
      await assert.rejects(Array.fromAsync(net.storage.list('list/', net.host)))
    })
  }
})

describe('what Azure refuses is told by its cause', () => {
  needs('azurite')
  const net = new FaultyContainer()

  for (const [code, status, expected, message] of [
    ['ContainerNotFound', 404, 'STORAGE_FAILED', /there is no container/],
    ['AuthenticationFailed', 403, 'STORAGE_DENIED', /the server refuses the login/],
    ['AuthorizationFailure', 403, 'STORAGE_DENIED', /this login may not/],
    ['BlobImmutableDueToPolicy', 409, 'STORAGE_DENIED', /a policy of the container/],
    ['CapacityLimitExceeded', 409, 'STORAGE_FULL', /no space is left/],
  ] as const) {
    it(`${code} is ${expected}`, async () => {
      net.proxy.plant(is('put'), server(code, status))
      const error = await rejectsWith(net.put(SMALL), expected)
      assert.match(error.message, message)
    })
  }

  it('a signature is never shown, whatever the server says', async () => {
    const storage = await net.container.open({
      account: undefined,
      'account-key': undefined,
      endpoint: `${net.proxy.url}/dbvaulttests`,
      sas: '?sv=2024-11-04&ss=b&srt=co&sp=rwdlc&sig=hunter22%2Fhunter22%3D',
    })
    const error = await rejectsWith(storage.stat('key', net.host), 'STORAGE_DENIED')
    assert.doesNotMatch([error.message, ...error.hints, error.stack, String(error.cause)].join('\n'), /hunter22/)
  })
})

/** Whether the service took the block: it takes none while the blob is being deleted. */
async function staged(blob: BlockBlobClient, id: string): Promise<boolean> {
  return await blob.stageBlock(id, 'late', 4).then(
    () => true,
    () => false,
  )
}
