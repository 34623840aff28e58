import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Bytes, Stage } from '../../../src/pipeline/bytes.ts'
import { ZlibWatch } from './zlib-watch.ts'
import { collect, contents, inChunks, isCorrupt, text, through } from './flow.ts'

export interface Pair {
  readonly compress: Stage
  readonly decompress: Stage
  /** How much the compressor works on at once, in bytes. */
  readonly block: number
}

/** What must hold for every compression, whatever its format. */
export function stageFacts({ compress, decompress, block }: Pair): void {
  describe('round trip', () => {
    for (const [name, content] of Object.entries(contents(block)))
      for (const chunk of [1_000_003, 65_536, 777])
        it(`gives back ${name}, in chunks of ${chunk}`, async () => {
          const compressed = await through(compress, content, chunk)
          assert((await through(decompress, compressed, chunk)).equals(content))
        })

    it('gives back what comes one byte at a time', async () => {
      const content = text(3_000)
      const compressed = await through(compress, content, 1)
      assert((await through(decompress, compressed, 1)).equals(content))
    })

    it('steps over empty chunks', async () => {
      const content = text(70_000)
      const gappy = async function* (bytes: Uint8Array): Bytes {
        for await (const chunk of inChunks(bytes, 10_000)) yield* [new Uint8Array(0), chunk, new Uint8Array(0)]
      }
      const compressed = await collect(compress(gappy(content)))
      assert((await collect(decompress(gappy(compressed)))).equals(content))
    })

    it('makes the same of equal content, in whatever chunks it comes', async () => {
      const content = text(block * 4 + 1)
      assert((await through(compress, content, 999)).equals(await through(compress, content, 400_000)))
    })
  })

  describe('damage', () => {
    let content: Buffer
    let compressed: Buffer
    before(async () => {
      content = Buffer.concat([text(block + 50_000), randomBytes(5_000)])
      compressed = await through(compress, content)
    })

    it('rejects with ARTIFACT_CORRUPT when cut off at any percent, and by 1 to 40 bytes', async () => {
      const percents = Array.from({ length: 100 }, (_, percent) => Math.floor((compressed.length * percent) / 100))
      const lastBytes = Array.from({ length: 40 }, (_, missing) => compressed.length - 1 - missing)
      for (const length of [...percents, ...lastBytes])
        await assert.rejects(through(decompress, compressed.subarray(0, length)), isCorrupt, `cut to ${length} bytes`)
    })

    it('rejects with ARTIFACT_CORRUPT when anything follows', async () => {
      for (const more of [
        Buffer.alloc(1),
        Buffer.alloc(4_096),
        Buffer.from('x'),
        randomBytes(100),
        compressed.subarray(0, 9),
      ])
        for (const chunk of [compressed.length, 65_536])
          await assert.rejects(through(decompress, Buffer.concat([compressed, more]), chunk), isCorrupt)
    })

    // Some bits mean nothing: a time, the filling before a byte boundary. The digest of the artifact covers those.
    it('rejects with ARTIFACT_CORRUPT, or gives the same content, whichever bit is flipped', async () => {
      const small = text(400)
      const whole = await through(compress, small)
      let rejected = 0
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        try {
          assert((await through(decompress, flipped)).equals(small), `bit ${bit} changed the content`)
        } catch (error) {
          assert(isCorrupt(error), `bit ${bit}: ${String(error)}`)
          rejected++
        }
      }
      assert(rejected > whole.length * 8 * 0.9, `${rejected} of ${whole.length * 8}`)
    })

    it('rejects with ARTIFACT_CORRUPT what is of another kind, or nothing', async () => {
      for (const other of [
        Buffer.alloc(0),
        Buffer.alloc(100),
        Buffer.from('x'),
        Buffer.from('PGDMP, a dump'),
        randomBytes(9_999),
      ])
        await assert.rejects(through(decompress, other), isCorrupt)
    })
  })

  describe('stopping', () => {
    it('compress has no block in work after its end, when its source throws or the consumer stops early', async () => {
      const broken = async function* (): Bytes {
        yield* inChunks(text(block * 6))
        throw new Error('the tool was killed')
      }
      using zlib = new ZlibWatch()
      await assert.rejects(collect(compress(broken())))
      for await (const chunk of compress(inChunks(text(block * 6)))) if (chunk.length > 1_000) break
      assert.equal(await zlib.late(), 0)
    })

    for (const [name, stage] of [
      ['compress', compress],
      ['decompress', decompress],
    ] as const) {
      const input = async (): Promise<Buffer> =>
        name === 'compress' ? text(block * 6) : through(compress, randomBytes(block * 6))

      it(`${name} passes on what its source throws`, async () => {
        const bytes = await input()
        const failure = new Error('the tool was killed')
        const source = async function* (): Bytes {
          yield* inChunks(bytes.subarray(0, bytes.length - 1_000))
          throw failure
        }
        await assert.rejects(collect(stage(source())), failure)
      })

      it(`${name} closes its source when the consumer stops early`, async () => {
        const bytes = await input()
        let closed = false
        const source = async function* (): Bytes {
          try {
            yield* inChunks(bytes)
          } finally {
            closed = true
          }
        }
        let seen = 0
        for await (const chunk of stage(source())) if ((seen += chunk.length) > 100_000) break
        assert(closed)
      })

      it(`${name} takes no more of its source than a few blocks while the consumer waits`, async () => {
        const chunk = await input()
        let taken = 0
        const endless = async function* (): Bytes {
          yield* inChunks(chunk)
          for (;;) {
            taken += chunk.length
            yield* inChunks(chunk)
          }
        }
        const flow = stage(endless())[Symbol.asyncIterator]()
        await flow.next()
        await flow.next()
        await flow.return?.()
        assert(taken <= chunk.length)
      })
    }
  })
}
