import assert from 'node:assert/strict'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import { spellings } from '../host/redact.ts'
import { parseAddress } from '../storage/address.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { rejectsWith } from './engine-exam.ts'
import { soon } from './soon.ts'
import { assertEmpty, bodyOf, bytesOf, keys, storageCase } from './storage-case.ts'
import type { StorageHarness } from './storage-harness.ts'
import { storagePutCases } from './storage-put-cases.ts'
import { ODD_KEYS, storageReadCases } from './storage-read-cases.ts'

/** Every question that a storage has to answer rightly before it may be trusted with a backup. */
export function storageConformance(harness: StorageHarness): ConformanceCase[] {
  const open = (): ReturnType<StorageHarness['open']> => harness.open()
  const secrets = spellings(harness.secrets ?? [])
  const showsNone = (text: string): void => {
    for (const secret of secrets) assert.ok(!text.includes(secret), 'a secret is shown')
  }
  const refusing = (what: string, place: StorageHarness['denied'], code: ErrorCode): ConformanceCase =>
    storageCase(`${what} is ${code} for every call, without its secrets`, place, async ({ storage, host }) => {
      for (const call of calls(storage, host)) {
        const error = await rejectsWith(soon(call()), code)
        showsNone([error.message, ...error.hints, error.stack].join('\n'))
      }
    })

  return [
    storageCase('probe finds a new container writable and writes nothing', open, async (exam) => {
      assert.equal((await exam.storage.probe(exam.host)).writable, true)
      await assertEmpty(exam)
    }),
    storageCase('label and address name the place and no secret', open, async ({ storage }) => {
      const address = storage.address('folder/key')
      assert.match(address, /^[a-z][a-z0-9]*:\/\/.*folder\/key$/)
      assert.notEqual(storage.label, '')
      showsNone(storage.label + address)
    }),
    storageCase('an address tells its key, whatever characters that is of', open, async ({ storage }) => {
      for (const key of ODD_KEYS) {
        const told = parseAddress(storage.address(key))
        // The container of a file is part of its path.
        assert.ok(told.key === key || (told.scheme === 'file' && told.key.endsWith(`/${key}`)), storage.address(key))
      }
    }),
    ...storagePutCases(harness),
    ...storageReadCases(harness),
    storageCase('delete resolves once the object is gone, also a second time', open, async (exam) => {
      const { storage, host } = exam
      await storage.delete('never/was', host)
      await storage.put('folder/key', bodyOf(Buffer.from('one')), host)
      await storage.put('folder/key2', bodyOf(Buffer.from('kept')), host)
      const old = await storage.stat('folder/key', host)
      await Promise.all([storage.delete('folder/key', host), storage.delete('folder/key', host)])
      await storage.delete('folder/key', host)
      assert.equal(await storage.stat('folder/key', host), undefined)
      assert.deepEqual(await keys(storage, '', host), ['folder/key2'])
      const renewed = await storage.put('folder/key', bodyOf(Buffer.from('two')), host)
      assert.equal(String(await bytesOf(exam, 'folder/key')), 'two')
      if (renewed.version !== undefined) assert.notEqual(renewed.version, old?.version)
    }),
    storageCase('unfinished names what a killed run left, and abortUnfinished removes it', open, async (exam) => {
      const { storage, host, fixture } = exam
      if (fixture.strand === undefined) return assertEmpty(exam)
      await fixture.strand('folder/key')
      await storage.put('folder/other', bodyOf(Buffer.from('x')), host)
      assert.deepEqual(await keys(storage, '', host), ['folder/other'])
      assert.deepEqual(await Array.fromAsync(storage.unfinished('other', host)), [])
      const found = await Array.fromAsync(storage.unfinished('folder/', host))
      assert.deepEqual(
        found.map(({ key }) => key),
        ['folder/key'],
      )
      for (const upload of [...found, ...found]) await storage.abortUnfinished(upload, host)
      assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
      assert.deepEqual(await keys(storage, '', host), ['folder/other'])
      await storage.put('folder/key', bodyOf(Buffer.from('y')), host)
    }),
    refusing('a container with wrong credentials', harness.denied, 'STORAGE_DENIED'),
    refusing('a container that cannot be reached', harness.unreachable, 'STORAGE_UNREACHABLE'),
  ]
}

function calls(storage: Storage, host: Host): (() => Promise<unknown>)[] {
  return [
    () => storage.put('key', bodyOf(Buffer.from('x')), host),
    () => storage.get('key', host),
    () => storage.stat('key', host),
    () => Array.fromAsync(storage.list('', host)),
    () => storage.delete('key', host),
  ]
}
