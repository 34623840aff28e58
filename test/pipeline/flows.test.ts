import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type ArtifactToRead, authenticate, readDump } from '../../src/pipeline/artifact.ts'
import type { Bytes } from '../../src/pipeline/bytes.ts'
import { type Encoding, suffixOf } from '../../src/pipeline/encoding.ts'
import { fernetCipher } from '../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { Meter } from '../../src/pipeline/meter.ts'
import { throttle } from '../../src/pipeline/throttle.ts'
import { writeArtifact } from '../../src/pipeline/write-artifact.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { onlooker, replace } from '../support/objects.ts'

const CONTENT = Buffer.from('a row\n'.repeat(50_000))
const WRITE = { signal: onlooker.signal, hostWith: () => onlooker, onDumpBytes: () => {} }
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')

async function* flow(content: Buffer = CONTENT, error?: Error): Bytes & AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 10_000) yield content.subarray(at, at + 10_000)
  if (error) throw error
}

describe('a meter', () => {
  it('counts and digests what passes, and changes nothing', async () => {
    const totals: number[] = []
    const meter = new Meter({ onBytes: (total) => totals.push(total) })
    assert.deepEqual(Buffer.concat(await Array.fromAsync(meter.measure(flow()))), CONTENT)
    assert.deepEqual([meter.bytes, meter.sha256, totals.at(-1)], [CONTENT.length, SHA256, CONTENT.length])
  })

  it('has no digest of a flow that has not ended, or failed', async () => {
    const meter = new Meter()
    assert.throws(() => meter.sha256, /before the end/)
    const failure = new Error('cut')
    await assert.rejects(Array.fromAsync(meter.measure(flow(CONTENT, failure))), failure)
    assert.throws(() => meter.sha256, /before the end/)
  })
})

describe('a throttle', () => {
  it('passes everything on unchanged, and what the source throws', async () => {
    const fast = throttle(1e12, new AbortController().signal)
    assert.deepEqual(Buffer.concat(await Array.fromAsync(fast(flow()))), CONTENT)
    const failure = new Error('cut')
    await assert.rejects(Array.fromAsync(fast(flow(CONTENT, failure))), failure)
  })

  it('ends by its signal while it holds back', async () => {
    const controller = new AbortController()
    const slow = throttle(1, controller.signal)(flow())[Symbol.asyncIterator]()
    await slow.next()
    const held = slow.next()
    controller.abort()
    await assert.rejects(held, { name: 'AbortError' })
  })
})

describe('an artifact', () => {
  const encodings: readonly Encoding[] = (['none', 'gzip', 'zstd'] as const).flatMap((compression) => [
    { compression },
    { compression, cipher: fernetCipher(parseFernetKey(generateFernetKey())) },
  ])

  for (const encoding of encodings) {
    const kind = suffixOf(encoding) || 'neither compressed nor encrypted'

    it(`(${kind}) comes back byte for byte, and is measured on both sides`, async () => {
      const { source, written, storage } = await store(encoding)
      assert.deepEqual(written.dump, { bytes: CONTENT.length, sha256: SHA256 })
      assert.equal((await storage.stat('a', onlooker))?.bytes, written.artifact.bytes)
      await authenticate(source, onlooker.signal)
      assert.deepEqual(await buffer(readDump(source)), CONTENT)
    })

    it(`(${kind}) is ARTIFACT_CORRUPT or KEY_WRONG, never less, when it is another of the same length`, async () => {
      const { source, storage } = await store(encoding)
      const bytes = await buffer(await source.open())
      for (const at of [0, 5, bytes.length >> 1, bytes.length - 1]) {
        const other = Buffer.from(bytes)
        other.writeUInt8(other.readUInt8(at) ^ 4, at)
        await replace(storage, 'a', other)
        await assert.rejects(authenticate(source, onlooker.signal), isDamage)
        await assert.rejects(buffer(readDump(source)), isDamage)
      }
    })

    it(`(${kind}) is not passed on to its end when its dump is not the one that its manifest names`, async () => {
      const { source } = await store(encoding)
      for (const dump of [
        { bytes: CONTENT.length, sha256: '0'.repeat(64) },
        { bytes: CONTENT.length - 1, sha256: SHA256 },
      ]) {
        await assert.rejects(buffer(readDump({ ...source, dump })), { code: 'ARTIFACT_CORRUPT' })
      }
    })
  }

  it('is not there when the dump fails after its last byte', async () => {
    const storage = memoryStorage()
    const failure = new Error('the tool died')
    for (const encoding of encodings) {
      const writing = writeArtifact(flow(CONTENT, failure), encoding, [{ storage, key: 'a' }], WRITE)
      await assert.rejects(writing, failure)
      assert.equal(await storage.stat('a', onlooker), undefined)
    }
  })

  it('is taken away again when the storage says that it holds another number of bytes', async () => {
    const storage = memoryStorage()
    const short = {
      ...storage,
      put: async (key: string, body: Readable, host: typeof onlooker) => ({
        ...(await storage.put(key, body, host)),
        bytes: 1,
      }),
    }
    const writing = writeArtifact(flow(), { compression: 'none' }, [{ storage: short, key: 'a' }], WRITE)
    await assert.rejects(writing, { code: 'STORAGE_FAILED' })
    assert.equal(await storage.stat('a', onlooker), undefined)
  })
})

async function store(encoding: Encoding): Promise<{
  readonly storage: ReturnType<typeof memoryStorage>
  readonly written: Awaited<ReturnType<typeof writeArtifact>>
  readonly source: ArtifactToRead
}> {
  const storage = memoryStorage()
  const written = await writeArtifact(flow(), encoding, [{ storage, key: 'a' }], WRITE)
  const source: ArtifactToRead = {
    name: 'a',
    open: () => storage.get('a', onlooker),
    encoding,
    artifact: written.artifact,
    dump: written.dump,
  }
  return { storage, written, source }
}

function isDamage(error: object): boolean {
  return 'code' in error && (error.code === 'ARTIFACT_CORRUPT' || error.code === 'KEY_WRONG')
}
