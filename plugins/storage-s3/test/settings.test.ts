import assert from 'node:assert/strict'
import type { FlagValues } from 'dbvault'
import { rejectsWith, testHost } from 'dbvault/testing'
import type { Flags } from '../src/descriptor.ts'
import s3 from '../src/index.ts'
import { type Settings, settingsOf } from '../src/settings.ts'
import { LIMITS } from '../src/upload.ts'
import { loginAt, NO_FLAGS } from './support/bucket.ts'

type Given = Partial<FlagValues<Flags>>

describe('the settings of the s3 storage', () => {
  const opened = async (given: Given): Promise<void> => {
    await using host = testHost()
    const storage = await s3.open({ ...NO_FLAGS, bucket: 'backups', region: 'eu-west-1', ...given }, host)
    await storage[Symbol.asyncDispose]()
  }
  const settings = async (given: Given): Promise<Settings> => {
    await using host = testHost()
    return settingsOf({ ...NO_FLAGS, bucket: 'backups', ...given }, host)
  }

  const refused: readonly (readonly [Given, RegExp])[] = [
    [{ owner: '12345678901' }, /12 digits/],
    [{ owner: '1234567890123' }, /12 digits/],
    [{ owner: '12345678901a' }, /12 digits/],
    [{ owner: '' }, /12 digits/],
    [{ bucket: '' }, /name of a bucket/],
    [{ bucket: 'backups/db' }, /name of a bucket/],
    [{ bucket: 's3://backups' }, /name of a bucket/],
    [{ bucket: 'back ups' }, /name of a bucket/],
    [{ endpoint: 'localhost:9000' }, /URL of a server/],
    [{ endpoint: 'ftp://localhost' }, /URL of a server/],
    [{ endpoint: 'nonsense' }, /URL of a server/],
    [{ endpoint: 'http://user:hunter22@localhost' }, /no user and password/],
    [{ endpoint: 'http://localhost/?a=b' }, /end with its path/],
    [{ 'path-style': true, 'virtual-hosted': true }, /not both/],
    [{ tag: ['a'] }, /name=value/],
    [{ tag: ['=b'] }, /name=value/],
    [{ sse: 'AES256', 'kms-key': 'key' }, /does not go with/],
  ]
  for (const [given, message] of refused) {
    it(`are refused before anything is contacted: ${JSON.stringify(given)}`, async () => {
      const error = await rejectsWith(opened(given), 'USAGE')
      assert.match(error.message, message)
      assert.ok(!`${error.message}${error.hints.join('')}`.includes('hunter22'))
    })
  }

  it('are taken as they are where they can be right', async () => {
    await opened({ owner: '123456789012' })
    await opened({ bucket: 'arn:aws:s3:eu-west-1:123456789012:accesspoint/backups' })
    await opened({ endpoint: 'https://s3.example.org:9000/path' })
  })

  it('put the bucket into the path with another endpoint, unless they say otherwise', async () => {
    assert.equal((await settings({})).pathStyle, undefined)
    assert.equal((await settings({ endpoint: 'http://localhost:9000' })).pathStyle, true)
    assert.equal((await settings({ endpoint: 'http://localhost:9000', 'virtual-hosted': true })).pathStyle, false)
    assert.equal((await settings({ 'path-style': true })).pathStyle, true)
    process.env['AWS_ENDPOINT_URL_S3'] = 'http://localhost:9000'
    try {
      assert.equal((await settings({})).pathStyle, true)
    } finally {
      delete process.env['AWS_ENDPOINT_URL_S3']
    }
  })

  it('say how objects are stored', async () => {
    const { ofObjects } = await settings({ 'storage-class': 'STANDARD_IA', 'kms-key': 'k', tag: ['a=b', 'c d=e=f&g'] })
    assert.deepEqual(ofObjects, {
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'k',
      Tagging: 'a=b&c+d=e%3Df%26g',
    })
  })

  it('need a region, but not with another endpoint', async () => {
    loginAt({ accessKey: 'key', secretKey: 'secret' })
    const { AWS_REGION } = process.env
    delete process.env['AWS_REGION']
    try {
      await rejectsWith(opened({ region: undefined }), 'USAGE')
      await opened({ region: undefined, endpoint: 'http://localhost:9000' })
      process.env['AWS_REGION'] = 'eu-west-1'
      await opened({ region: undefined })
    } finally {
      if (AWS_REGION === undefined) delete process.env['AWS_REGION']
      else process.env['AWS_REGION'] = AWS_REGION
    }
  })

  it('keep within what Amazon allows of a multipart upload', () => {
    assert.ok(LIMITS.firstBytes >= 5 * 1024 ** 2)
    assert.equal(LIMITS.maxParts, 10_000)
    assert.ok(LIMITS.maxPartBytes <= 5 * 1024 ** 3)
  })
})
