import assert from 'node:assert/strict'
import {
  HeadObjectCommand,
  GetObjectTaggingCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { sharedS3, type S3Vendor } from '../../../test/servers/s3-server.ts'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

const LARGE = patterned(9_000_000)

for (const vendor of ['versitygw', 'minio'] as const satisfies readonly S3Vendor[]) {
  describe(`a bucket of ${vendor} with settings`, () => {
    needs(vendor)
    let host: TestHost
    beforeEach(() => {
      host = testHost()
    })
    afterEach(() => host[Symbol.asyncDispose]())

    it('that keeps versions is told of, and keeps none of an upload that failed', async () => {
      const bucket = await makeBucket(await sharedS3(vendor))
      const VersioningConfiguration = { Status: 'Enabled' } as const
      await bucket.client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration }))
      await using proxy = await startHttpProxy((await sharedS3(vendor)).endpoint)
      await using storage = await bucket.open({ endpoint: proxy.url })
      const { writable, notes } = await storage.probe(host)
      assert.ok(writable)
      assert.match(notes.join('\n'), /versioning is on/)
      for (const [body, last] of [
        [Buffer.from('x'), 'put'],
        [LARGE, 'complete'],
      ] as const) {
        proxy.plant(is('head'), { withoutHeaders: ['x-amz-meta-dbvault-upload'] })
        await rejectsWith(storage.put('key', bodyOf(body), host), 'STORAGE_FAILED')
        assert.ok(proxy.requests.some(is(last)))
        assert.deepEqual(await bucket.left(), [])
      }
      await storage.put('key', bodyOf(Buffer.from('x')), host)
      await storage.delete('key', host)
      assert.equal(await storage.stat('key', host), undefined)
      assert.deepEqual(await bucket.left(), ['key', 'key (deleted)'])
    })

    it('with object lock is told of, and takes backups', async () => {
      const bucket = await makeBucket(await sharedS3(vendor), { lock: true })
      await using storage = await bucket.open()
      assert.match((await storage.probe(host)).notes.join('\n'), /object lock is on/)
      const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } } as const
      const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule } as const
      await bucket.client.send(new PutObjectLockConfigurationCommand({ Bucket: bucket.name, ObjectLockConfiguration }))
      assert.match((await storage.probe(host)).notes.join('\n'), /keeps every object for 7 days \(governance\)/)
      await storage.put('small', bodyOf(Buffer.from('x')), host)
      await storage.put('large', bodyOf(LARGE), host)
      assert.equal((await storage.stat('large', host))?.bytes, LARGE.length)
    })

    it('gets objects with tags', async () => {
      const bucket = await makeBucket(await sharedS3(vendor))
      await using storage = await bucket.open({ tag: ['team=db', 'why=a b+c=d'] })
      for (const [key, body] of [
        ['small', Buffer.from('x')],
        ['large', LARGE],
      ] as const) {
        await storage.put(key, bodyOf(body), host)
        const { TagSet = [] } = await bucket.client.send(new GetObjectTaggingCommand({ Bucket: bucket.name, Key: key }))
        assert.deepEqual(
          new Map(TagSet.map(({ Key, Value }) => [Key, Value])),
          new Map([
            ['team', 'db'],
            ['why', 'a b+c=d'],
          ]),
        )
        const { Metadata } = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }))
        assert.match(Metadata?.['dbvault-upload'] ?? '', /^[0-9a-f-]{36}$/)
      }
    })
  })
}

describe('the rules of a bucket', () => {
  needs('minio')

  it('are told of: what removes unfinished uploads, and what deletes backups', async () => {
    await using host = testHost()
    const server = await sharedS3('minio')
    const bucket = await makeBucket(server)
    await using proxy = await startHttpProxy(server.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    assert.match((await storage.probe(host)).notes.join('\n'), /no lifecycle rule removes unfinished uploads/)
    const rule = (ID: string) => ({ ID, Status: 'Enabled', Filter: { Prefix: '' } }) as const
    const Rules = [{ ...rule('old'), Expiration: { Days: 30 } }]
    const LifecycleConfiguration = { Rules }
    await bucket.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket.name, LifecycleConfiguration }),
    )
    assert.match((await storage.probe(host)).notes.join('\n'), /deletes objects after 30 days/)

    // MinIO keeps no such rule.
    const body = `<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter/>
      <AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>
      </Rule></LifecycleConfiguration>`
    proxy.plant(({ query }) => query.has('lifecycle'), { answer: 200, body })
    assert.match((await storage.probe(host)).notes.join('\n'), /unfinished uploads are removed after 3 days/)
  })

  it('may be unknown, and the bucket not be listed as a whole', async () => {
    await using host = testHost()
    const server = await sharedS3('minio')
    const bucket = await makeBucket(server)
    await using proxy = await startHttpProxy(server.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    proxy.plant(() => true, { answer: 403, body: errorBody('AccessDenied') }, 4)
    assert.deepEqual(await storage.probe(host), { writable: true, notes: ['the whole bucket may not be listed'] })
  })
})

describe('a listing of uploads', () => {
  needs('versitygw')

  it('is read to its last page, from where the one before ended', async () => {
    await using host = testHost()
    const server = await sharedS3('versitygw')
    const bucket = await makeBucket(server)
    await using proxy = await startHttpProxy(server.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    const page = (uploads: readonly string[], next: string): string =>
      `<ListMultipartUploadsResult><EncodingType>url</EncodingType>${next}${uploads
        .map(
          (key) =>
            `<Upload><Key>${key}</Key><UploadId>id-${key}</UploadId><Initiated>2026-11-25T00:00:00.000Z</Initiated></Upload>`,
        )
        .join('')}</ListMultipartUploadsResult>`
    const more = '<IsTruncated>true</IsTruncated>'
    const marker = '<NextKeyMarker>b+%2B</NextKeyMarker><NextUploadIdMarker>id 2</NextUploadIdMarker>'
    const answer = (body: string) => ({ answer: 200, body })
    // What is planted later hits first.
    proxy.plant(is('uploads'), answer(page(['c%C3%BC'], '<IsTruncated>false</IsTruncated>')))
    proxy.plant(is('uploads'), answer(page(['a', 'b+%2B'], more + marker)))
    const found = await Array.fromAsync(storage.unfinished('', host))
    assert.deepEqual(
      found.map(({ key }) => key),
      ['a', 'b +', 'cü'],
    )
    const [, second] = proxy.requests.filter(is('uploads'))
    assert.deepEqual([second?.query.get('key-marker'), second?.query.get('upload-id-marker')], ['b +', 'id 2'])

    for (const next of [more, more + marker]) {
      proxy.plant(is('uploads'), answer(page(['a'], next)), 9)
      await rejectsWith(Array.fromAsync(storage.unfinished('', host)), 'STORAGE_FAILED')
      proxy.heal()
    }
  })
})
