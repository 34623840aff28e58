import { secret, storageConformance, type StorageFixture } from 'dbvault/testing'
import { freePort } from '../../../test/servers/free-port.ts'
import { sharedS3 } from '../../../test/servers/s3-server.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { itConforms } from '../../../test/testing/conformance.ts'
import { loginAt, makeBucket } from './support/bucket.ts'
import { makesAnObject } from './support/requests.ts'

const WRONG = 'wrong+secret/of=the&tests'

describe('the minio storage', () => {
  needs('minio')
  itConforms(
    storageConformance({
      async open() {
        const bucket = await makeBucket(await sharedS3('minio'))
        return fixture(await bucket.open(), bucket.strand)
      },
      async denied() {
        const server = await sharedS3('minio')
        const bucket = await makeBucket(server)
        loginAt({ ...server, secretKey: WRONG })
        return fixture(await bucket.openAsIs())
      },
      async unreachable() {
        const bucket = await makeBucket(await sharedS3('minio'))
        return fixture(await bucket.open({ endpoint: `http://127.0.0.1:${await freePort()}` }))
      },
      async unreliable() {
        const server = await sharedS3('minio')
        const proxy = await startHttpProxy(server.endpoint)
        const storage = await (await makeBucket(server)).open({ endpoint: proxy.url })
        return {
          ...fixture(storage),
          loseLastAnswer: () => proxy.plant(makesAnObject, { loseAnswer: true }),
          async [Symbol.asyncDispose]() {
            await storage[Symbol.asyncDispose]()
            await proxy[Symbol.asyncDispose]()
          },
        }
      },
      secrets: [secret(WRONG)],
    }),
  )
})

function fixture(storage: StorageFixture['storage'], strand?: StorageFixture['strand']): StorageFixture {
  return { storage, ...(strand && { strand }), [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
}
