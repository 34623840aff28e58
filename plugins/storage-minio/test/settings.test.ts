import assert from 'node:assert/strict'
import type { FlagValues } from 'dbvault'
import { rejectsWith, testHost } from 'dbvault/testing'
import type { Flags } from '../src/descriptor.ts'
import minio from '../src/index.ts'
import { type Settings, settingsOf } from '../src/settings.ts'
import { loginAt, NO_FLAGS } from './support/bucket.ts'

type Given = Partial<FlagValues<Flags>>

describe('the settings of the minio storage', () => {
  beforeEach(() => loginAt({ accessKey: 'access', secretKey: 'hunter22' }))

  const opened = async (given: Given): Promise<void> => {
    await using host = testHost()
    const storage = await minio.open({ ...NO_FLAGS, endpoint: 'localhost', bucket: 'backups', ...given }, host)
    await storage[Symbol.asyncDispose]()
  }
  const settings = async (given: Given): Promise<Settings> => {
    await using host = testHost()
    return settingsOf({ ...NO_FLAGS, bucket: 'backups', ...given }, host)
  }

  for (const [given, message] of [
    [{ bucket: '' }, /name of a bucket/],
    [{ bucket: 'backups/db' }, /name of a bucket/],
    [{ bucket: 'Backups' }, /name of a bucket/],
    [{ endpoint: '' }, /name a server/],
    [{ endpoint: 'ftp://localhost' }, /name a server/],
    [{ endpoint: 'localhost:port' }, /name a server/],
    [{ endpoint: 'localhost:9000/path' }, /name a server/],
    [{ endpoint: 'http://user:hunter22@localhost' }, /no user and password/],
    [{ endpoint: 'user:hunter22@localhost' }, /no user and password/],
    [{ endpoint: 'https://localhost', insecure: true }, /contradicts/],
  ] as const satisfies readonly (readonly [Given, RegExp])[]) {
    it(`are refused before anything is contacted: ${JSON.stringify(given)}`, async () => {
      const error = await rejectsWith(opened(given), 'USAGE')
      assert.match(error.message, message)
      assert.ok(!`${error.message}${error.hints.join('')}`.includes('hunter22'))
    })
  }

  for (const [given, host, port, secure] of [
    [{ endpoint: 'minio.example.org' }, 'minio.example.org', 443, true],
    [{ endpoint: 'minio.example.org:9000' }, 'minio.example.org', 9000, true],
    [{ endpoint: 'minio.example.org:9000', insecure: true }, 'minio.example.org', 9000, false],
    [{ endpoint: 'minio.example.org', insecure: true }, 'minio.example.org', 80, false],
    [{ endpoint: 'http://minio.example.org' }, 'minio.example.org', 80, false],
    [{ endpoint: 'http://minio.example.org:9000/', insecure: true }, 'minio.example.org', 9000, false],
    [{ endpoint: 'https://minio.example.org:9000' }, 'minio.example.org', 9000, true],
    [{ endpoint: '127.0.0.1:9000', insecure: true }, '127.0.0.1', 9000, false],
    [{ endpoint: 'http://[::1]:9000' }, '::1', 9000, false],
  ] as const satisfies readonly (readonly [Given, string, number, boolean])[]) {
    it(`take ${JSON.stringify(given)} for port ${port} of ${host}, ${secure ? 'with' : 'without'} TLS`, async () => {
      const found = await settings(given)
      assert.deepEqual([found.host, found.port, found.secure], [host, port, secure])
      await opened(given)
    })
  }

  it('need the keys, from the environment', async () => {
    delete process.env['MINIO_SECRET_KEY']
    const error = await rejectsWith(opened({}), 'USAGE')
    assert.deepEqual(error.hints, ['Set MINIO_ACCESS_KEY and MINIO_SECRET_KEY.'])
  })
})
