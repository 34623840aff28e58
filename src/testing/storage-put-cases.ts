import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { ConformanceCase } from './conformance-case.ts'
import { rejectsWith } from './engine-exam.ts'
import { soon } from './soon.ts'
import {
  assertEmpty,
  bodyOf,
  bytesOf,
  failingBody,
  keys,
  patterned,
  silentBody,
  storageCase,
  type StorageExam,
} from './storage-case.ts'
import type { StorageHarness, UnreliableFixture } from './storage-harness.ts'

const RIVALS = 5

export function storagePutCases(harness: StorageHarness): ConformanceCase[] {
  const open = (): ReturnType<StorageHarness['open']> => harness.open()
  const largest = harness.largestBody ?? 20_000_000
  return [
    ...sizes(largest).map((size) =>
      storageCase(`a body of ${size} bytes comes back as it was`, open, async (exam) => {
        const { storage, host } = exam
        const bytes = patterned(size)
        const put = await storage.put('folder/object', bodyOf(bytes), host)
        assert.equal(put.key, 'folder/object')
        assert.equal(put.bytes, size)
        assert.ok(put.modifiedAt.getTime() > 0)
        assert.deepEqual(await storage.stat('folder/object', host), put)
        assert.deepEqual(await Array.fromAsync(storage.list('', host)), [put])
        assert.ok((await bytesOf(exam, 'folder/object')).equals(bytes))
      }),
    ),
    storageCase('a large body goes under a key of any characters, too', open, async (exam) => {
      const { storage, host } = exam
      const key = ` földer+1/%2F 日本語?&#'"=~`
      const bytes = patterned(largest)
      const put = await storage.put(key, bodyOf(bytes), host)
      assert.deepEqual(await Array.fromAsync(storage.list('', host)), [put])
      assert.ok((await bytesOf(exam, key)).equals(bytes))
      await rejectsWith(storage.put(key, bodyOf(bytes), host), 'OBJECT_EXISTS')
    }),
    ...[1, largest].map((size) =>
      unreliably(harness, `a body of ${size} bytes is stored though the last answer is lost`, async (exam, lose) => {
        const { storage, host } = exam
        const bytes = patterned(size)
        lose()
        const put = await storage.put('key', bodyOf(bytes), host)
        assert.deepEqual(await Array.fromAsync(storage.list('', host)), [put])
        assert.ok((await bytesOf(exam, 'key')).equals(bytes))
        assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
      }),
    ),
    ...[1, largest].map((size) =>
      unreliably(
        harness,
        `an existing key is refused for a body of ${size} bytes though the answer is lost`,
        async (exam, lose) => {
          const { storage, host } = exam
          const theirs = Buffer.from(patterned(size).toReversed())
          const first = await storage.put('key', bodyOf(theirs), host)
          lose()
          await rejectsWith(storage.put('key', bodyOf(patterned(size)), host), 'OBJECT_EXISTS')
          assert.deepEqual(await Array.fromAsync(storage.list('', host)), [first])
          assert.ok((await bytesOf(exam, 'key')).equals(theirs))
          assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
        },
      ),
    ),
    storageCase('put refuses an existing key with OBJECT_EXISTS and keeps the old bytes', open, async (exam) => {
      const { storage, host } = exam
      const first = await storage.put('key', bodyOf(Buffer.from('old')), host)
      for (const size of [0, 1, largest]) {
        await rejectsWith(storage.put('key', bodyOf(Buffer.alloc(size)), host), 'OBJECT_EXISTS')
      }
      assert.equal(String(await bytesOf(exam, 'key')), 'old')
      assert.deepEqual(await storage.stat('key', host), first)
      assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
    }),
    storageCase('of puts of one key side by side exactly one wins, whole', open, async (exam) => {
      const { storage, host } = exam
      const bodies = Array.from({ length: RIVALS }, (_, rival) => Buffer.alloc(300_000, rival + 1))
      const outcomes = await Promise.allSettled(bodies.map((bytes) => storage.put('key', bodyOf(bytes), host)))
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      for (const [rival, outcome] of outcomes.entries()) {
        if (rival === winner) continue
        assert.equal(outcome.status, 'rejected', 'only one wins')
        await rejectsWith(Promise.reject(outcome.reason as Error), 'OBJECT_EXISTS')
      }
      assert.ok((await bytesOf(exam, 'key')).equals(bodies[winner] as Buffer))
      assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
    }),
    ...[0, 1, 200_000, largest].map((size) =>
      storageCase(
        `a body that fails after ${size} bytes rejects with its own error and leaves nothing`,
        open,
        async (exam) => {
          const error = new Error('planted')
          await assert.rejects(
            exam.storage.put('a/key', failingBody(size, error), exam.host),
            (thrown) => thrown === error,
          )
          await assertEmpty(exam)
        },
      ),
    ),
    storageCase('a body that has failed before put is called is refused and leaves nothing', open, async (exam) => {
      const body = new Readable({ read() {} })
      const error = new Error('planted')
      body.on('error', () => {}).destroy(error)
      await assert.rejects(soon(exam.storage.put('key', body, exam.host)), (thrown) => thrown === error)
      await assertEmpty(exam)
    }),
    storageCase('a body that is destroyed without an error counts as failed', open, async (exam) => {
      let rest = 3
      const body = new Readable({
        read() {
          if (rest-- > 0) this.push(Buffer.alloc(50_000))
          else this.destroy()
        },
      })
      await assert.rejects(soon(exam.storage.put('key', body, exam.host)))
      await assertEmpty(exam)
    }),
    ...[0, 200_000, largest].map((size) =>
      storageCase(`an abort after ${size} bytes, while the body is silent, leaves nothing`, open, async (exam) => {
        const body = silentBody(size, () => exam.host.abort())
        await rejectsWith(soon(exam.storage.put('key', body, exam.host)), 'INTERRUPTED')
        assert.ok(body.destroyed, 'the body is told')
        await assertEmpty(exam)
      }),
    ),
    storageCase('nothing is done when the signal has aborted before', open, async (exam) => {
      const { storage, host } = exam
      host.abort()
      const body = bodyOf(Buffer.from('x'))
      await rejectsWith(storage.put('key', body, host), 'INTERRUPTED')
      assert.ok(body.destroyed, 'the body is told')
      await rejectsWith(storage.get('key', host), 'INTERRUPTED')
      await rejectsWith(storage.stat('key', host), 'INTERRUPTED')
      await rejectsWith(storage.delete('key', host), 'INTERRUPTED')
      await rejectsWith(Array.fromAsync(storage.list('', host)), 'INTERRUPTED')
      await assertEmpty(exam)
    }),
    storageCase('an object that is still being written cannot be seen', open, async (exam) => {
      const { storage, host } = exam
      let release = (): void => {}
      let reached = (): void => {}
      const held = new Promise<void>((resolve) => (release = resolve))
      const half = new Promise<void>((resolve) => (reached = resolve))
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(largest)
        reached()
        await held
        yield Buffer.from('end')
      }
      const putting = storage.put('key', Readable.from(slow(), { objectMode: false }), host)
      await half
      assert.equal(await storage.stat('key', host), undefined)
      assert.deepEqual(await keys(storage, '', host), [])
      await rejectsWith(storage.get('key', host), 'OBJECT_NOT_FOUND')
      release()
      assert.equal((await putting).bytes, largest + 3)
      assert.deepEqual(await keys(storage, '', host), ['key'])
    }),
  ]
}

/** Among them those of one part and of a byte more, and of two parts, where parts have 6 or 8 MiB. */
function sizes(largest: number): readonly number[] {
  const ofParts = [6, 8].map((MiB) => MiB * 1024 ** 2).flatMap((part) => [part, part + 1, 2 * part])
  return [0, 1, 65_537, ...ofParts, largest].filter((size) => size <= largest)
}

/** A case in which the storage does not get the answer to the request that makes the object. */
function unreliably(
  harness: StorageHarness,
  name: string,
  run: (exam: StorageExam, lose: () => void) => Promise<void>,
): ConformanceCase {
  const { unreliable = 'its harness has no network that loses answers' } = harness
  if (typeof unreliable === 'string') return storageCase(name, unreliable, async () => {})
  return storageCase(name, unreliable, async (exam) => {
    await run(exam, () => (exam.fixture as UnreliableFixture).loseLastAnswer())
  })
}
