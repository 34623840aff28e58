import { secret, storageConformance, type StorageFixture } from 'dbvault/testing'
import { freePort } from '../../../test/servers/free-port.ts'
import { sharedGcs } from '../../../test/servers/gcs.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { itConforms } from '../../../test/testing/conformance.ts'
import { makeBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

describe('the gcp storage', () => {
  needs('fake-gcs-server')
  itConforms(
    storageConformance({
      open: async () => fixture(await (await makeBucket()).open()),
      // The server takes any login: the refusal is Google's, as it is documented, and comes from the network between.
      async denied() {
        const proxy = await startHttpProxy((await sharedGcs()).endpoint)
        proxy.plant(() => true, { answer: 401, body: errorBody('authError', 401, 'Invalid Credentials') }, 999)
        return fixture(await (await makeBucket()).open({ endpoint: proxy.url }), proxy)
      },
      async unreachable() {
        return fixture(await (await makeBucket()).open({ endpoint: `http://127.0.0.1:${await freePort()}` }))
      },
      async unreliable() {
        const proxy = await startHttpProxy((await sharedGcs()).endpoint)
        return {
          ...fixture(await (await makeBucket()).open({ endpoint: proxy.url }), proxy),
          loseLastAnswer: () => proxy.plant((one) => is('put')(one) || is('finish')(one), { loseAnswer: true }),
        }
      },
      secrets: [secret('upload_id')],
    }),
  )
})

function fixture(storage: StorageFixture['storage'], network?: AsyncDisposable): StorageFixture {
  return {
    storage,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await network?.[Symbol.asyncDispose]()
    },
  }
}
