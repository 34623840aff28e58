import assert from 'node:assert/strict'
import type { FlagValues } from 'dbvault'
import { rejectsWith, testHost } from 'dbvault/testing'
import type { Flags } from '../src/descriptor.ts'
import gcp from '../src/index.ts'
import { type Settings, settingsOf } from '../src/settings.ts'
import { LIMITS } from '../src/upload.ts'
import { NO_FLAGS } from './support/bucket.ts'

type Given = Partial<FlagValues<Flags>>

describe('the settings of the gcp storage', () => {
  const opened = async (given: Given): Promise<void> => {
    await using host = testHost()
    const storage = await gcp.open({ ...NO_FLAGS, bucket: 'backups', ...given }, host)
    await storage[Symbol.asyncDispose]()
  }
  const settings = async (given: Given): Promise<Settings> => {
    await using host = testHost()
    return settingsOf({ ...NO_FLAGS, bucket: 'backups', ...given }, host)
  }
  const KMS = 'projects/p/locations/l/keyRings/r/cryptoKeys/k'

  const refused: readonly (readonly [Given, RegExp])[] = [
    [{ bucket: '' }, /name of a bucket/],
    [{ bucket: 'ab' }, /name of a bucket/],
    [{ bucket: 'Backups' }, /name of a bucket/],
    [{ bucket: 'backups/db' }, /name of a bucket/],
    [{ bucket: 'gs://backups' }, /name of a bucket/],
    [{ bucket: 'back ups' }, /name of a bucket/],
    [{ project: 'my project' }, /id of a project/],
    [{ 'kms-key': 'k' }, /whole name of a key/],
    [{ 'kms-key': `${KMS}/cryptoKeyVersions/1` }, /whole name of a key/],
    [{ endpoint: 'localhost:9000' }, /URL of a server/],
    [{ endpoint: 'ftp://localhost' }, /URL of a server/],
    [{ endpoint: 'nonsense' }, /URL of a server/],
    [{ endpoint: 'http://user:hunter22@localhost' }, /no user and password/],
    [{ endpoint: 'http://localhost/path' }, /end with its host/],
    [{ endpoint: 'http://localhost/?a=b' }, /end with its host/],
  ]
  for (const [given, message] of refused) {
    it(`are refused before anything is contacted: ${JSON.stringify(given)}`, async () => {
      const error = await rejectsWith(opened(given), 'USAGE')
      assert.match(error.message, message)
      assert.ok(!`${error.message}${error.hints.join('')}`.includes('hunter22'))
    })
  }

  it('are taken as they are where they can be right', async () => {
    await opened({ bucket: 'db.backups_of.example.org' })
    await opened({ project: 'example.com:my-project' })
    await opened({ 'kms-key': KMS, 'storage-class': 'NEARLINE' })
    await opened({ endpoint: 'https://storage-backups.p.googleapis.com' })
  })

  it('send a login to Google and over TLS only', async () => {
    assert.deepEqual(await settings({}).then(({ isAnonymous }) => isAnonymous), false)
    assert.equal((await settings({ endpoint: 'https://storage.example.org' })).isAnonymous, false)
    assert.equal((await settings({ endpoint: 'http://storage.example.org' })).isAnonymous, true)
  })

  it('take what the emulators have in their variable, in the ways of all clients', async () => {
    const before = process.env['STORAGE_EMULATOR_HOST']
    try {
      for (const [given, endpoint] of [
        ['localhost:4443', 'http://localhost:4443'],
        ['http://localhost:4443', 'http://localhost:4443'],
        ['https://localhost:4443/storage/v1/', 'https://localhost:4443'],
      ] as const) {
        process.env['STORAGE_EMULATOR_HOST'] = given
        const found = await settings({ endpoint: given })
        assert.deepEqual([found.endpoint, found.isAnonymous], [endpoint, true])
        await opened({ endpoint: given })
      }
    } finally {
      if (before === undefined) delete process.env['STORAGE_EMULATOR_HOST']
      else process.env['STORAGE_EMULATOR_HOST'] = before
    }
  })

  it('cut parts as a session takes them', () => {
    assert.equal(LIMITS.firstBytes % (256 * 1024), 0)
    assert.equal(LIMITS.maxBytes, 5 * 1024 ** 4)
  })
})
