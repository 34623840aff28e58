import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { ErrorCode, ObjectStat, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedGcs } from '../../../../test/servers/gcs.ts'
import { type Fault, type HttpProxy, startHttpProxy } from '../../../../test/support/http-proxy.ts'
import { makeBucket, type TestBucket } from './bucket.ts'
import { type GcsFront, startGcsFront } from './gcs-front.ts'
import { errorBody, type Step, stepOf } from './requests.ts'

export const PART = 8 * 1024 ** 2
/** Three parts, and after them an end that is kept back. */
export const BYTES = patterned(17_000_000)
export const SMALL = patterned(1_000)

/** The server says what is wrong, and does nothing. */
export const server = (reason: string, status = 503): Fault => ({ answer: status, body: errorBody(reason, status) })

/** For each test of a `describe` a new bucket, behind a network that can be made to fail. */
export class FaultyBucket {
  front!: GcsFront
  proxy!: HttpProxy
  bucket!: TestBucket
  storage!: Storage
  host!: TestHost

  constructor() {
    before(async () => {
      this.front = await startGcsFront((await sharedGcs()).endpoint)
      this.proxy = await startHttpProxy(this.front.url)
    })
    beforeEach(async () => {
      this.host = testHost()
      this.bucket = await makeBucket()
      this.storage = await this.bucket.open({ endpoint: this.proxy.url })
    })
    afterEach(async () => {
      this.proxy.heal()
      await this.storage[Symbol.asyncDispose]()
      await this.host[Symbol.asyncDispose]()
    })
    after(async () => {
      await this.proxy[Symbol.asyncDispose]()
      await this.front[Symbol.asyncDispose]()
    })
  }

  put(bytes = BYTES): Promise<ObjectStat> {
    return this.storage.put('folder/key', bodyOf(bytes), this.host)
  }

  /** How many such requests this test has made. */
  count(step: Step): number {
    return this.proxy.requests
      .filter(({ path }) => path.includes(this.bucket.name))
      .filter((one) => stepOf(one) === step).length
  }

  async isWhole(bytes = BYTES): Promise<void> {
    assert.deepEqual(await this.bucket.left(), ['folder/key'])
    assert.ok((await buffer(await this.storage.get('folder/key', this.host))).equals(bytes))
  }

  async failsWith(code: ErrorCode, putting: Promise<unknown>): Promise<void> {
    await rejectsWith(putting, code)
    this.proxy.heal()
    assert.deepEqual(await this.bucket.left(), [])
    assert.equal(this.front.isOpen(this.bucket.name), false, 'the upload was not given up')
  }
}
