import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { gunzip } from '../../../src/pipeline/compress/gunzip.ts'
import { gzip } from '../../../src/pipeline/compress/gzip.ts'
import { contents, isCorrupt, text, through, tool } from './flow.ts'
import { stageFacts } from './stage-facts.ts'
import { needs } from '../../support/tools.ts'

const BLOCK = 1 << 19

describe('gzip', () => {
  needs('gzip', 'pigz')

  stageFacts({
    compress: gzip(),
    decompress: gunzip(),
    block: BLOCK,
  })

  for (const [name, content] of Object.entries(contents(BLOCK)))
    it(`writes what gzip, pigz and Python read: ${name}`, async () => {
      const compressed = await through(gzip(), content)
      const python = 'import gzip,sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'
      await tool('pigz', ['-t'], compressed)
      assert((await tool('gzip', ['-dc'], compressed)).equals(content))
      assert((await tool('python3', ['-c', python], compressed)).equals(content))
    })

  it('writes one member that names no file and no time', async () => {
    const compressed = await through(gzip(), text(BLOCK * 3))
    assert.equal(compressed.subarray(0, 10).toString('hex'), '1f8b08000000000000ff')
    assert.equal((await tool('pigz', ['-lv'], compressed)).toString().split('\n').filter(Boolean).length, 2)
  })

  it('compresses better at a higher level', async () => {
    const content = text(BLOCK * 2)
    const [fast, best] = await Promise.all([through(gzip({ level: 1 }), content), through(gzip({ level: 9 }), content)])
    assert(best.length < fast.length)
    assert((await through(gunzip(), best)).equals(content))
  })
})

describe('gunzip', () => {
  needs('gzip', 'pigz')

  const content = text(700_000)

  it('reads what gzip and pigz write, at any level', async () => {
    for (const [command, ...args] of [
      ['gzip', '-1'],
      ['gzip', '-9'],
      ['pigz', '-6'],
      ['pigz', '-11'],
    ]) {
      const compressed = await tool(command ?? '', args, content)
      for (const chunk of [1_000_000, 4_001])
        assert((await through(gunzip(), compressed, chunk)).equals(content), command)
    }
  })

  it('reads several members in a row, in whatever chunks they come', async () => {
    const one = await tool('gzip', [], content)
    const none = await tool('gzip', [], Buffer.alloc(0))
    const members = Buffer.concat([one, none, await through(gzip(), content), none])
    for (const chunk of [one.length, one.length - 8, 50_000, 997])
      assert((await through(gunzip(), members, chunk)).equals(Buffer.concat([content, content])))
  })

  it('rejects with ARTIFACT_CORRUPT when the second member is cut off', async () => {
    const one = await tool('gzip', [], content)
    for (const length of [1, 2, 9, 10, 11, 500, one.length - 8, one.length - 1])
      await assert.rejects(
        through(gunzip(), Buffer.concat([one, one.subarray(0, length)])),
        isCorrupt,
        `${length} bytes`,
      )
  })

  /** A member whose header has every optional field. */
  const everyField = async (headerCrc: (crc: number) => number): Promise<Buffer> => {
    const plain = await tool('gzip', ['-n'], content)
    const fields = Buffer.from('\x04\x00abcda name\0a comment\0', 'latin1')
    const header = Buffer.concat([plain.subarray(0, 3), Buffer.from([2 | 4 | 8 | 16]), plain.subarray(4, 10), fields])
    const crc = Buffer.alloc(2)
    crc.writeUInt16LE(headerCrc(crc32(header) & 0xffff))
    return Buffer.concat([header, crc, plain.subarray(10)])
  }

  it('reads a header with extra field, name, comment and CRC', async () => {
    const member = await everyField((crc) => crc)
    for (const chunk of [1_000_000, 3]) assert((await through(gunzip(), member.subarray(), chunk)).equals(content))
  })

  it('rejects with ARTIFACT_CORRUPT when the CRC of the header is another', async () => {
    await assert.rejects(through(gunzip(), await everyField((crc) => crc ^ 1)), isCorrupt)
  })

  it('rejects with ARTIFACT_CORRUPT when length or CRC in the trailer is another', async () => {
    for (const fromEnd of [1, 5]) {
      const member = await tool('gzip', [], content)
      member[member.length - fromEnd] = (member[member.length - fromEnd] ?? 0) ^ 1
      await assert.rejects(through(gunzip(), member), isCorrupt)
    }
  })
})
