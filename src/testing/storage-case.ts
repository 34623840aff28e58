import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import type { Storage } from '../contract/storage.ts'
import type { ConformanceCase } from './conformance-case.ts'
import type { Excuse } from './engine-harness.ts'
import { leavingNothing } from './residue.ts'
import type { StorageFixture } from './storage-harness.ts'
import { testHost, type TestHost } from './test-host.ts'

/** What a case gets: a storage over an empty container, and a host. */
export interface StorageExam {
  readonly storage: Storage
  readonly host: TestHost
  readonly fixture: StorageFixture
}

/** A case after which no process, open file or temporary file may be left. */
export function storageCase(
  name: string,
  open: (() => Promise<StorageFixture>) | Excuse,
  run: (exam: StorageExam) => Promise<void>,
): ConformanceCase {
  if (typeof open === 'string') return { name, excused: open, run: async () => {} }
  return {
    name,
    async run() {
      await using host = testHost()
      await using fixture = await open()
      const nothingMore = async (): Promise<string[]> => []
      await leavingNothing(host.tempRoot, nothingMore, () => run({ storage: fixture.storage, host, fixture }))
    },
  }
}

/** Asserts that the container is as empty as it was: no object, and nothing unfinished. */
export async function assertEmpty({ storage }: StorageExam): Promise<void> {
  await using host = testHost()
  assert.deepEqual(await keys(storage, '', host), [])
  assert.deepEqual(await Array.fromAsync(storage.unfinished('', host)), [])
}

export async function keys(storage: Storage, prefix: string, host: TestHost): Promise<string[]> {
  return (await Array.fromAsync(storage.list(prefix, host))).map(({ key }) => key).sort()
}

export async function bytesOf({ storage, host }: StorageExam, key: string): Promise<Buffer> {
  return buffer(await storage.get(key, host))
}

/** A body in chunks of 64 KiB. */
export function bodyOf(bytes: Buffer): Readable {
  return Readable.from(inChunks(bytes), { objectMode: false })
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** A body that throws after so many bytes. */
export function failingBody(size: number, error: Error): Readable {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield* inChunks(Buffer.alloc(size, 1))
    throw error
  }
  return Readable.from(failing(), { objectMode: false })
}

/** A body that gives so many bytes, calls `then`, and is silent for ever. */
export function silentBody(size: number, then: () => void): Readable {
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield* inChunks(Buffer.alloc(size, 1))
    then()
    await new Promise(() => {})
  }
  return Readable.from(silent(), { objectMode: false })
}

/** Bytes in which every place is different enough for a lost or repeated block to show. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(Math.imul(at + 1, 2_654_435_761) >>> 0, at)
  return bytes
}
