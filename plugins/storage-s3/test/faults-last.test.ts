import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { bodyOf, rejectsWith } from 'dbvault/testing'
import type { S3Vendor } from '../../../test/servers/s3-server.ts'
import { needs } from '../../../test/support/tools.ts'
import { BYTES, FaultyBucket, SMALL } from './support/faulty.ts'
import { is } from './support/requests.ts'

for (const vendor of ['versitygw', 'minio'] as const satisfies readonly S3Vendor[]) {
  describe(`the last request of an upload to ${vendor}`, () => {
    needs(vendor)
    const net = new FaultyBucket(vendor)

    for (const [bytes, last] of [
      [BYTES, 'complete'],
      [SMALL, 'put'],
    ] as const) {
      it(`has stored ${bytes.length} bytes when the answer to the last request is lost`, async () => {
        net.proxy.plant(is(last), { loseAnswer: true })
        assert.equal((await net.put(bytes)).bytes, bytes.length)
        await net.isWhole(bytes)
      })

      it(`has stored ${bytes.length} bytes when every answer to the last request is lost`, async () => {
        net.proxy.plant(is(last), { loseAnswer: true }, 3)
        assert.equal((await net.put(bytes)).bytes, bytes.length)
        await net.isWhole(bytes)
      })

      it(`refuses an object of somebody else that came before the last request for ${bytes.length} bytes`, async () => {
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
        await direct[Symbol.asyncDispose]()
      })

      it(`leaves nothing of ${bytes.length} bytes when it is aborted during the last request`, async () => {
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
  })
}
