import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { unzstd } from '../../../src/pipeline/compress/unzstd.ts'
import { zstd } from '../../../src/pipeline/compress/zstd.ts'
import { contents, isCorrupt, text, through, tool } from './flow.ts'
import { stageFacts } from './stage-facts.ts'
import { needs } from '../../support/tools.ts'

const BLOCK = 1 << 20
const any = unzstd({ seekTable: 'optional' })

describe('zstd', () => {
  needs('zstd')

  stageFacts({
    compress: zstd(),
    decompress: unzstd(),
    block: BLOCK,
  })

  for (const [name, content] of Object.entries(contents(BLOCK)))
    it(`writes what zstd reads: ${name}`, async () => {
      const compressed = await through(zstd(), content)
      await tool('zstd', ['-tq'], compressed)
      assert((await tool('zstd', ['-dcq'], compressed)).equals(content))
    })

  it('ends with a seek table that lists every frame', async () => {
    const compressed = await through(zstd(), text(BLOCK * 2 + 5))
    const table = compressed.subarray(compressed.length - 17 - 3 * 8)
    const number = (offset: number): number => table.readUInt32LE(offset)
    assert.equal(number(0), 0x184d2a5e)
    assert.equal(number(4), 3 * 8 + 9)
    assert.deepEqual([number(12), number(20), number(28)], [BLOCK, BLOCK, 5])
    assert.equal(number(8) + number(16) + number(24), compressed.length - table.length)
    assert.equal(number(32), 3)
    assert.equal(number(37), 0x8f92eab1)
  })

  it('makes frames with content size and digest, each of which zstd reads alone', async () => {
    const content = text(BLOCK * 2 + 5)
    const compressed = await through(zstd(), content)
    const first = compressed.readUInt32LE(compressed.length - 17 - 3 * 8 + 8)
    assert((await tool('zstd', ['-dcq'], compressed.subarray(0, first))).equals(content.subarray(0, BLOCK)))
    const descriptor = compressed[4] ?? 0
    assert(descriptor >> 6 > 0, 'content size')
    assert(descriptor & 4, 'digest')
  })

  it('compresses better at a higher level', async () => {
    const content = text(BLOCK * 2)
    const [fast, best] = await Promise.all([
      through(zstd({ level: 1 }), content),
      through(zstd({ level: 19 }), content),
    ])
    assert(best.length < fast.length)
    assert((await through(unzstd(), best)).equals(content))
  })
})

describe('unzstd', () => {
  needs('zstd')

  const content = Buffer.concat([text(3_000_000), randomBytes(300_000)])

  it('rejects with ARTIFACT_CORRUPT when it is cut off between two frames, or a frame is missing', async () => {
    const whole = await through(zstd(), text(BLOCK * 3))
    const table = whole.length - 17 - 3 * 8
    const first = whole.readUInt32LE(table + 8)
    for (const cut of [
      whole.subarray(0, first),
      whole.subarray(0, table),
      whole.subarray(first),
      Buffer.concat([whole.subarray(0, first), whole.subarray(table)]),
      whole.subarray(table),
    ])
      await assert.rejects(through(unzstd(), cut), isCorrupt)
    for (const unlike of [Buffer.concat([whole.subarray(0, first), whole.subarray(table)]), whole.subarray(table)])
      await assert.rejects(through(any, unlike), isCorrupt)
  })

  it('rejects with ARTIFACT_CORRUPT when two frames have changed places', async () => {
    const whole = await through(zstd(), content)
    const table = whole.length - 17 - 4 * 8
    const first = whole.readUInt32LE(table + 8)
    const swapped = Buffer.concat([whole.subarray(first, table), whole.subarray(0, first), whole.subarray(table)])
    await assert.rejects(through(unzstd(), swapped), isCorrupt)
    await assert.rejects(through(any, swapped), isCorrupt)
  })

  it('rejects with ARTIFACT_CORRUPT what has no seek table, unless that is optional', async () => {
    const foreign = await tool('zstd', ['-cq'], content)
    await assert.rejects(through(unzstd(), foreign), isCorrupt)
    assert((await through(any, foreign)).equals(content))
  })

  it('reads what zstd writes: any level, long windows, unknown size, no digest, several frames', async () => {
    for (const args of [['-1'], ['-19'], ['--long=27'], ['-T2', '-B1M'], ['--no-check'], ['--fast=5']]) {
      const frame = await tool('zstd', ['-cq', ...args], content)
      for (const chunk of [10_000_000, 9_973])
        assert(
          (await through(any, Buffer.concat([frame, frame]), chunk)).equals(Buffer.concat([content, content])),
          args.join(' '),
        )
    }
  })

  it('reads what pzstd-like tools write: skippable frames before and between', async () => {
    const frame = await tool('zstd', ['-cq'], content)
    const skippable = Buffer.from('502a4d1803000000616263', 'hex')
    const emptySkippable = Buffer.from('5f2a4d1800000000', 'hex')
    const file = Buffer.concat([skippable, frame, emptySkippable, frame, skippable])
    for (const chunk of [10_000_000, 7])
      assert.equal((await through(any, file.subarray(), chunk)).length, content.length * 2)
  })

  it('reads two of our own in a row only when the seek table is optional', async () => {
    const own = await through(zstd(), content)
    const twice = Buffer.concat([own, own])
    assert.equal((await through(any, twice)).length, content.length * 2)
    await assert.rejects(through(unzstd(), twice), isCorrupt)
  })

  it('rejects with ARTIFACT_CORRUPT when a file of another tool is cut off inside a frame, damaged or followed by anything', async () => {
    const frame = await tool('zstd', ['-cq'], content)
    const damaged = Buffer.from(frame)
    damaged[frame.length >> 1] = (damaged[frame.length >> 1] ?? 0) ^ 1
    const cuts = Array.from({ length: 20 }, (_, part) => frame.subarray(0, Math.floor((frame.length * part) / 20)))
    for (const bad of [
      ...cuts,
      frame.subarray(0, -1),
      damaged,
      Buffer.concat([frame, Buffer.alloc(4)]),
      Buffer.concat([frame, frame.subarray(0, 99)]),
    ])
      await assert.rejects(through(any, bad), isCorrupt)
  })
})
