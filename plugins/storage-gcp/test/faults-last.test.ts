import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyBucket, server, SMALL } from './support/faulty.ts'
import { is } from './support/requests.ts'

describe('the last request of an upload to Google Cloud Storage', () => {
  needs('fake-gcs-server')
  const net = new FaultyBucket()

  for (const [bytes, last] of [
    [BYTES, 'finish'],
    [SMALL, 'put'],
  ] as const) {
    it(`has stored ${bytes.length} bytes when its answer is lost`, async () => {
      net.proxy.plant(is(last), { loseAnswer: true })
      assert.equal((await net.put(bytes)).bytes, bytes.length)
      await net.isWhole(bytes)
    })

    it(`has stored ${bytes.length} bytes when every answer is lost`, async () => {
      net.proxy.plant((one) => is(last)(one) || is('how far')(one), { loseAnswer: true }, 3)
      assert.equal((await net.put(bytes)).bytes, bytes.length)
      await net.isWhole(bytes)
    })

    it(`is made again for ${bytes.length} bytes when the server cannot do it now`, async () => {
      net.proxy.plant(is(last), server('backendError'))
      await net.put(bytes)
      await net.isWhole(bytes)
    })

    it(`refuses an object of somebody else that came before it for ${bytes.length} bytes`, async () => {
      const direct = await net.bucket.open()
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      net.proxy.plant(is(last), { hold })
      const coming = net.proxy.next(is(last))
      const putting = net.put(bytes)
      await Promise.race([coming, putting])
      await direct.put('folder/key', bodyOf(Buffer.from('theirs')), net.host)
      release()
      await rejectsWith(putting, 'OBJECT_EXISTS')
      assert.equal(String(await buffer(await direct.get('folder/key', net.host))), 'theirs')
      assert.deepEqual(await net.bucket.left(), ['folder/key'])
    })

    it(`leaves nothing of ${bytes.length} bytes when it is aborted meanwhile`, async () => {
      let release = (): void => {}
      const hold = new Promise<void>((resolve) => (release = resolve))
      net.proxy.plant(is(last), { hold })
      const coming = net.proxy.next(is(last))
      const putting = net.put(bytes)
      await coming
      net.host.abort()
      setImmediate(release)
      await net.failsWith('INTERRUPTED', putting)
    })
  }

  it('takes half an answer for what it is, since the object is there', async () => {
    net.proxy.plant(is('put'), { cutAnswerAfter: 20 })
    await net.put(SMALL)
    await net.isWhole(SMALL)
  })

  it('is not believed when no object is there', async () => {
    net.proxy.plant(is('put'), { answer: 200, body: '{}' })
    await net.failsWith('STORAGE_FAILED', net.put(SMALL))
    net.proxy.plant(is('finish'), { answer: 200, body: '{}' })
    await net.failsWith('STORAGE_FAILED', net.put())
  })
})
