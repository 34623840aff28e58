import { secret, storageConformance, type StorageFixture } from 'dbvault/testing'
import { sharedAzure } from '../../../test/servers/azurite.ts'
import { freePort } from '../../../test/servers/free-port.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { itConforms } from '../../../test/testing/conformance.ts'
import { makeContainer } from './support/container.ts'
import { is } from './support/requests.ts'

const WRONG = Buffer.from('not the key').toString('base64')

describe('the azure storage on Azurite', () => {
  needs('azurite')
  itConforms(
    storageConformance({
      async open() {
        const container = await makeContainer(await sharedAzure())
        return fixture(await container.open(), container.strand)
      },
      async denied() {
        return fixture(await (await makeContainer(await sharedAzure())).open({ 'account-key': WRONG }))
      },
      async unreachable() {
        const { account } = await sharedAzure()
        const endpoint = `http://127.0.0.1:${await freePort()}/${account}`
        return fixture(await (await makeContainer(await sharedAzure())).open({ endpoint }))
      },
      async unreliable() {
        const server = await sharedAzure()
        const proxy = await startHttpProxy(new URL(server.url).origin)
        const storage = await (await makeContainer(server)).open({ endpoint: `${proxy.url}/${server.account}` })
        return {
          ...fixture(storage),
          loseLastAnswer: () => proxy.plant(is('put', 'commit'), { loseAnswer: true }),
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
