import assert from 'node:assert/strict'
import type { FlagValues } from 'dbvault'
import { rejectsWith, testHost } from 'dbvault/testing'
import { blobName, keyOf, namePrefix } from '../src/blob-name.ts'
import type { Flags } from '../src/descriptor.ts'
import azure from '../src/index.ts'
import { settingsOf, type Settings } from '../src/settings.ts'
import { NO_FLAGS } from './support/container.ts'

type Given = Partial<FlagValues<Flags>>

describe('the settings of the azure storage', () => {
  const opened = async (given: Given): Promise<void> => {
    await using host = testHost()
    const storage = await azure.open({ ...NO_FLAGS, container: 'backups', ...given }, host)
    await storage[Symbol.asyncDispose]()
  }
  const settings = async (given: Given): Promise<Settings> => {
    await using host = testHost()
    return settingsOf({ ...NO_FLAGS, container: 'backups', ...given }, host)
  }

  const refused: readonly (readonly [Given, RegExp])[] = [
    [{}, /storage account is not known/],
    [{ container: '', account: 'shop' }, /name of a container/],
    [{ container: 'Backups', account: 'shop' }, /name of a container/],
    [{ container: 'backups/db', account: 'shop' }, /name of a container/],
    [{ account: 'Shop!' }, /name of a storage account/],
    [{ 'account-key': 'hunter22', endpoint: 'https://shop.example.org' }, /goes with --azure-account/],
    [{ endpoint: 'nonsense' }, /URL of a blob service/],
    [{ endpoint: 'https://shop.blob.core.windows.net/?sig=hunter22' }, /takes no signature/],
    [{ endpoint: 'https://hunter22@shop.blob.core.windows.net/' }, /URL of a blob service/],
    [{ 'conn-str': 'hunter22' }, /connection string is none/],
    [{ 'conn-str': 'AccountName=shop;AccountKey=hunter22' }, /connection string of the storage account cannot be read/],
  ]
  for (const [given, message] of refused) {
    it(`are refused before anything is contacted: ${JSON.stringify(given)}`, async () => {
      const error = await rejectsWith(opened(given), 'USAGE')
      assert.match(error.message, message)
      assert.ok(!`${error.message}${error.hints.join('')}${String(error.cause)}`.includes('hunter22'))
    })
  }

  it('name the service of an account, and the way to log in', async () => {
    const url = 'https://shop.blob.core.windows.net'
    assert.deepEqual((await settings({ account: 'shop' })).login, { kind: 'identity', url })
    assert.deepEqual((await settings({ account: 'shop', sas: '?sv=1&sig=x' })).login, {
      kind: 'signature',
      url,
      sas: 'sv=1&sig=x',
    })
    assert.deepEqual((await settings({ account: 'shop', 'account-key': 'a2V5' })).login, {
      kind: 'key',
      url,
      account: 'shop',
      key: 'a2V5',
    })
  })
})

describe('the names of blobs', () => {
  it('have no backslash, and tell every key', () => {
    const keys = ['a', 'a/b', 'a\\b', 'a%5Cb', 'a%255Cb', 'a%25255C', '%5c', '\\', '%', '%5', 'a%2525b', '\\%5C\\']
    const names = keys.map(blobName)
    assert.ok(names.every((name) => !name.includes('\\')))
    assert.equal(new Set(names).size, keys.length)
    assert.deepEqual(names.map(keyOf), keys)
  })

  it('begin with the prefix of a key, wherever that is cut', () => {
    for (const key of ['a\\b', 'a%5Cb', 'a%255Cb/c', 'a%b']) {
      for (let length = 0; length <= key.length; length++) {
        assert.ok(blobName(key).startsWith(namePrefix(key.slice(0, length))), key.slice(0, length))
      }
    }
  })
})
