import { Readable } from 'node:stream'
import type { Storage, ObjectStat } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { bodyChunks } from '../host/body-chunks.ts'
import { assertObjectKey } from '../host/object-key.ts'

interface Held {
  readonly stat: ObjectStat
  readonly bytes: Buffer
}

/** A storage in memory that keeps every promise of the contract; it passes the same suite as the real ones. */
export function memoryStorage(container = 'test'): Storage {
  const objects = new Map<string, Held>()
  const uploads = new Map<string, { readonly key: string; readonly startedAt: Date }>()
  let count = 0

  return {
    name: 'memory',
    label: `memory ${container}`,
    address: (key) => `memory://${container}/${key.split('/').map(encodeURIComponent).join('/')}`,

    async probe({ signal }) {
      signal.throwIfAborted()
      return { writable: true, notes: [] }
    },

    async put(key, body, { signal }) {
      const id = String(++count)
      body.on('error', () => {}) // Thrown where the body is read, however early it comes.
      try {
        assertObjectKey(key)
        signal.throwIfAborted()
        uploads.set(id, { key, startedAt: new Date() })
        const bytes = Buffer.concat(await Array.fromAsync(bodyChunks(body, signal)))
        signal.throwIfAborted()
        if (objects.has(key)) throw new DbvaultError('OBJECT_EXISTS', `${key} exists already`)
        const stat = { key, bytes: bytes.length, modifiedAt: new Date(), version: id }
        objects.set(key, { stat, bytes })
        return stat
      } catch (error) {
        signal.throwIfAborted()
        throw error
      } finally {
        uploads.delete(id)
        body.destroy()
      }
    },

    async get(key, { signal }, { range = { start: 0 } } = {}) {
      assertObjectKey(key)
      signal.throwIfAborted()
      const found = objects.get(key)
      if (found === undefined) throw new DbvaultError('OBJECT_NOT_FOUND', `${key} does not exist`)
      if (range.start > found.bytes.length) throw new DbvaultError('STORAGE_FAILED', `${key} is not that long`)
      return Readable.from(chunks(found.bytes.subarray(range.start, range.end), signal), { objectMode: false })
    },

    async stat(key, { signal }) {
      assertObjectKey(key)
      signal.throwIfAborted()
      return objects.get(key)?.stat
    },

    async *list(prefix, { signal }) {
      const found = [...objects.values()] // As of now, so that nothing is listed twice.
      for (const { stat } of found) {
        signal.throwIfAborted()
        if (stat.key.startsWith(prefix)) yield stat
      }
      signal.throwIfAborted()
    },

    async delete(key, { signal }) {
      assertObjectKey(key)
      signal.throwIfAborted()
      objects.delete(key)
    },

    async *unfinished(prefix, { signal }) {
      for (const [id, upload] of uploads) {
        signal.throwIfAborted()
        if (upload.key.startsWith(prefix)) yield { ...upload, id }
      }
    },

    async abortUnfinished({ id }, { signal }) {
      signal.throwIfAborted()
      uploads.delete(id)
    },

    async [Symbol.asyncDispose]() {},
  }
}

async function* chunks(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    signal.throwIfAborted()
    yield Buffer.from(bytes.subarray(at, at + 65_536)) // A copy: a reader may write into what it gets.
  }
}
