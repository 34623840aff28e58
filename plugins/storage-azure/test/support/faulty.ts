import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { ErrorCode, ObjectStat, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedAzure } from '../../../../test/servers/azurite.ts'
import { type Fault, type HttpProxy, startHttpProxy } from '../../../../test/support/http-proxy.ts'
import { makeContainer, type TestContainer } from './container.ts'
import { type Step, stepOf } from './requests.ts'

/** Three parts. */
export const BYTES = patterned(17_000_000)
export const SMALL = patterned(1_000)

/** The server says what is wrong, and does nothing. */
export const server = (code: string, status = 500): Fault => ({
  answer: status,
  headers: { 'x-ms-error-code': code, 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>planted</Message></Error>`,
})

/** For each test of a `describe` a new container, behind a network that can be made to fail. */
export class FaultyContainer {
  proxy!: HttpProxy
  container!: TestContainer
  storage!: Storage
  host!: TestHost

  constructor() {
    before(async () => {
      this.proxy = await startHttpProxy(new URL((await sharedAzure()).url).origin)
    })
    beforeEach(async () => {
      const azure = await sharedAzure()
      this.host = testHost()
      this.container = await makeContainer(azure)
      this.storage = await this.container.open({ endpoint: `${this.proxy.url}/${azure.account}` })
    })
    afterEach(async () => {
      this.proxy.heal()
      await this.storage[Symbol.asyncDispose]()
      await this.host[Symbol.asyncDispose]()
    })
    after(() => this.proxy[Symbol.asyncDispose]())
  }

  put(bytes = BYTES): Promise<ObjectStat> {
    return this.storage.put('folder/key', bodyOf(bytes), this.host)
  }

  /** How many such requests this test has made. */
  count(step: Step): number {
    return this.proxy.requests
      .filter(({ path }) => path.includes(this.container.name))
      .filter((one) => stepOf(one) === step).length
  }

  async isWhole(bytes = BYTES): Promise<void> {
    assert.deepEqual(await this.container.left(), ['folder/key'])
    assert.ok((await buffer(await this.storage.get('folder/key', this.host))).equals(bytes))
  }

  async failsWith(code: ErrorCode, putting: Promise<unknown>): Promise<void> {
    await rejectsWith(putting, code)
    this.proxy.heal()
    assert.deepEqual(await this.container.left(), [])
  }
}
