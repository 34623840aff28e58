import assert from 'node:assert/strict'
import { bodyOf, patterned, rejectsWith, type TestHost, testHost } from 'dbvault/testing'
import { startHttpProxy } from '../../../test/support/http-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import { makeBucket } from './support/bucket.ts'
import { errorBody, is } from './support/requests.ts'

const LARGE = patterned(9_000_000)

describe('a bucket of Google Cloud Storage with settings', () => {
  needs('fake-gcs-server')
  let host: TestHost
  beforeEach(() => {
    host = testHost()
  })
  afterEach(() => host[Symbol.asyncDispose]())

  it('that keeps versions is told of, and keeps none of an upload that failed', async () => {
    const bucket = await makeBucket({ versioning: { enabled: true } })
    await using proxy = await startHttpProxy(bucket.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    assert.match((await storage.probe(host)).notes.join('\n'), /versioning is on/)
    for (const body of [Buffer.from('x'), LARGE]) {
      proxy.plant(is('head'), { changeAnswer: (text) => text.replace(/"crc32c":"[^"]*"/, '"crc32c":"AAAAAA=="') })
      await rejectsWith(storage.put('key', bodyOf(body), host), 'STORAGE_FAILED')
      assert.deepEqual(await bucket.left(), [])
    }
    await storage.put('key', bodyOf(Buffer.from('x')), host)
    await storage.delete('key', host)
    assert.equal(await storage.stat('key', host), undefined)
  })

  it('is told of with all that keeps objects, or does not', async () => {
    const bucket = await makeBucket()
    await using proxy = await startHttpProxy(bucket.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    const isBucket = ({ path }: { path: string }): boolean => /\/b\/[^/]+\?fields/.test(path)
    const described = {
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: '604800' },
      retentionPolicy: { retentionPeriod: '86400', isLocked: true },
      defaultEventBasedHold: true,
      objectRetention: { mode: 'Enabled' },
      lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 30 } }] },
    }
    proxy.plant(isBucket, { answer: 200, body: JSON.stringify(described) })
    const granted = { kind: 'storage#testIamPermissionsResponse', permissions: ['storage.objects.get'] }
    proxy.plant(({ path }) => path.includes('testPermissions'), { answer: 200, body: JSON.stringify(granted) })
    const { writable, notes } = await storage.probe(host)
    assert.ok(writable)
    for (const note of [
      /missing: storage\.objects\.create, storage\.objects\.list, storage\.objects\.delete/,
      /versioning is on/,
      /soft delete .* 7 days/,
      /retention policy .* 1 days, and is locked/,
      /on hold/,
      /retention of their own/,
      /after 30 days/,
      /unfinished uploads cannot be listed/,
    ]) {
      assert.match(notes.join('\n'), note)
    }
  })

  it('that may not be listed or looked at is no failure of the probe', async () => {
    const bucket = await makeBucket()
    await using proxy = await startHttpProxy(bucket.endpoint)
    await using storage = await bucket.open({ endpoint: proxy.url })
    proxy.plant(() => true, { answer: 403, body: errorBody('forbidden', 403) }, 9)
    assert.match((await storage.probe(host)).notes.join('\n'), /may not be listed/)
  })

  it('gets objects with a storage class and a key', async () => {
    const bucket = await makeBucket()
    await using proxy = await startHttpProxy(bucket.endpoint)
    const kmsKey = 'projects/p/locations/l/keyRings/r/cryptoKeys/k'
    await using storage = await bucket.open({ endpoint: proxy.url, 'storage-class': 'NEARLINE', 'kms-key': kmsKey })
    await storage.put('small', bodyOf(Buffer.from('x')), host)
    await storage.put('large', bodyOf(LARGE), host)
    for (const { query } of proxy.requests.filter((one) => is('put')(one) || is('begin')(one))) {
      assert.deepEqual([query.get('kmsKeyName'), query.get('ifGenerationMatch')], [kmsKey, '0'])
    }
    // Of those that come in parts the server forgets it.
    assert.equal((await bucket.ask('/o/small'))['storageClass'], 'NEARLINE')
  })
})
