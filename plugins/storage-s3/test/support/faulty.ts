import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { ErrorCode, ObjectStat, Storage } from 'dbvault'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedS3, type S3Vendor } from '../../../../test/servers/s3-server.ts'
import { type Fault, type HttpProxy, startHttpProxy } from '../../../../test/support/http-proxy.ts'
import { makeBucket, type TestBucket } from './bucket.ts'
import { errorBody, type Step, stepOf } from './requests.ts'

/** Three parts. */
export const BYTES = patterned(17_000_000)
export const SMALL = patterned(1_000)

/** The server says what is wrong, and does nothing. */
export const server = (code: string, status = 500): Fault => ({ answer: status, body: errorBody(code) })

/** For each test of a `describe` a new bucket, behind a network that can be made to fail. */
export class FaultyBucket {
  proxy!: HttpProxy
  bucket!: TestBucket
  storage!: Storage
  host!: TestHost

  constructor(vendor: S3Vendor) {
    before(async () => {
      this.proxy = await startHttpProxy((await sharedS3(vendor)).endpoint)
    })
    beforeEach(async () => {
      this.host = testHost()
      this.bucket = await makeBucket(await sharedS3(vendor))
      this.storage = await this.bucket.open({ endpoint: this.proxy.url })
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
  }
}
