import assert from 'node:assert/strict'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import type { ConformanceCase } from './conformance-case.ts'
import { rejectsWith } from './engine-exam.ts'
import { soon } from './soon.ts'
import { bodyOf, bytesOf, keys, patterned, storageCase } from './storage-case.ts'
import type { StorageHarness } from './storage-harness.ts'

const MANY = 1_100
const AT_ONCE = 32

export const ODD_KEYS = [
  'with space',
  ' leading and trailing ',
  'plus+plus',
  'per%cent',
  'per%20cent',
  'question?mark&ampersand=1',
  'hash#tag',
  `quotes'"\``,
  'back\\slash',
  'semi;colon,comma',
  '.hidden',
  'dots..inside',
  'ünïcode/日本語/🗄️',
  'a/b/c/d/e',
  '~tilde/$dollar/(brackets)[]{}',
  'long'.repeat(45),
]

export function storageReadCases(harness: StorageHarness): ConformanceCase[] {
  const open = (): ReturnType<StorageHarness['open']> => harness.open()
  return [
    storageCase(
      'get throws OBJECT_NOT_FOUND before the first byte, and stat is undefined, for what is absent',
      open,
      async (exam) => {
        const { storage, host } = exam
        await storage.put('folder/key', bodyOf(Buffer.from('x')), host)
        for (const key of ['other', 'folder/other', 'folder', 'folder/ke', 'other/folder/key']) {
          await rejectsWith(storage.get(key, host), 'OBJECT_NOT_FOUND')
          assert.equal(await storage.stat(key, host), undefined, key)
        }
      },
    ),
    storageCase('get gives exactly the range that was asked for', open, async (exam) => {
      const { storage, host } = exam
      const bytes = patterned(300_000)
      await storage.put('key', bodyOf(bytes), host)
      const ranges = [
        { start: 0 },
        { start: 0, end: 1 },
        { start: 1, end: 2 },
        { start: 65_535, end: 131_073 },
        { start: 299_999 },
        { start: 299_999, end: 300_000 },
        { start: 250_000, end: 900_000 },
      ]
      for (const range of ranges) {
        const got = await buffer(await storage.get('key', host, { range }))
        assert.ok(got.equals(bytes.subarray(range.start, range.end)), JSON.stringify(range))
      }
    }),
    storageCase('a stream that is abandoned, at once or after some bytes, leaves nothing open', open, async (exam) => {
      const { storage, host } = exam
      await storage.put('key', bodyOf(patterned(3_000_000)), host)
      const untouched = await storage.get('key', host)
      untouched.destroy()
      await once(untouched, 'close')
      for await (const chunk of await storage.get('key', host)) {
        assert.ok((chunk as Uint8Array).length > 0)
        break
      }
      assert.equal((await bytesOf(exam, 'key')).length, 3_000_000)
    }),
    storageCase('an abort ends a stream that is being read with an error', open, async ({ storage, host }) => {
      await storage.put('key', bodyOf(patterned(harness.largestBody ?? 20_000_000)), host)
      const reading = async (): Promise<void> => {
        for await (const chunk of await storage.get('key', host)) {
          assert.ok((chunk as Uint8Array).length > 0)
          host.abort()
        }
      }
      await rejectsWith(soon(reading()), 'INTERRUPTED')
    }),
    storageCase('keys may have any characters', open, async (exam) => {
      const { storage, host } = exam
      for (const key of ODD_KEYS) {
        const put = await storage.put(key, bodyOf(Buffer.from(key)), host)
        assert.equal(put.key, key)
        assert.equal(String(await bytesOf(exam, key)), key)
        assert.deepEqual(await storage.stat(key, host), put)
        assert.deepEqual(await keys(storage, key, host), [key])
      }
      assert.deepEqual(await keys(storage, '', host), [...ODD_KEYS].sort())
      assert.equal(new Set(ODD_KEYS.map((key) => storage.address(key))).size, ODD_KEYS.length)
      for (const key of ODD_KEYS) await storage.delete(key, host)
      assert.deepEqual(await keys(storage, '', host), [])
    }),
    storageCase('a key that could lead elsewhere is refused with USAGE', open, async ({ storage, host }) => {
      for (const key of ['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/..', 'a/../b', 'a/./b', 'a\0b']) {
        await rejectsWith(storage.put(key, bodyOf(Buffer.from('x')), host), 'USAGE')
        await rejectsWith(storage.get(key, host), 'USAGE')
        await rejectsWith(storage.stat(key, host), 'USAGE')
        await rejectsWith(storage.delete(key, host), 'USAGE')
      }
      assert.deepEqual(await keys(storage, '', host), [])
    }),
    storageCase('list takes a prefix as text, and finds no siblings', open, async ({ storage, host }) => {
      const all = ['a', 'a b', 'ab+', 'ab/c', 'ab/cde/f', 'abc/d', 'b/a', 'b/ab']
      for (const key of all) await storage.put(key, bodyOf(Buffer.from(key)), host)
      for (const prefix of ['', 'a', 'ab', 'ab/', 'ab/c', 'ab/cd', 'ab/cde/', 'b/a', 'b/ab', 'c', 'b/c/', 'ab/c/']) {
        assert.deepEqual(await keys(storage, prefix, host), all.filter((key) => key.startsWith(prefix)).sort(), prefix)
      }
    }),
    storageCase(
      `list finds each of ${MANY} objects once, and may be left or aborted`,
      open,
      async ({ storage, host }) => {
        const all = Array.from({ length: MANY }, (_, number) => `many/${String(number).padStart(4, '0')}`)
        const waiting = [...all]
        const puts = Array.from({ length: AT_ONCE }, async () => {
          for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
            await storage.put(key, bodyOf(Buffer.from(key)), host)
          }
        })
        await Promise.all(puts)
        assert.deepEqual(await keys(storage, 'many/', host), all)
        for await (const { key } of storage.list('many/', host)) {
          assert.ok(key.startsWith('many/'))
          break
        }
        const listing = async (): Promise<void> => {
          for await (const { key } of storage.list('many/', host)) {
            assert.ok(key.startsWith('many/'))
            host.abort()
          }
        }
        await rejectsWith(soon(listing()), 'INTERRUPTED')
      },
    ),
  ]
}
