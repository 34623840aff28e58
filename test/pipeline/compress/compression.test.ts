import assert from 'node:assert/strict'
import { compressions, recognise } from '../../../src/pipeline/compress/compression.ts'
import { text, through, tool } from './flow.ts'

describe('compressions', () => {
  for (const [name, { levels, compress, decompress }] of Object.entries(compressions)) {
    it(`${name} gives the content back at its lowest, usual and highest level`, async () => {
      const content = text(100_000)
      for (const level of [levels.min, levels.default, levels.max])
        assert((await through(decompress(), await through(compress(level), content))).equals(content))
    })

    it(`${name} is recognised by its first four bytes, of nothing too`, async () => {
      for (const content of [Buffer.alloc(0), text(10)]) {
        const compressed = await through(compress(levels.default), content)
        assert.equal(recognise(compressed.subarray(0, 4)), name)
      }
    })
  }

  it('recognises what gzip and zstd wrote, and nothing else', async () => {
    assert.equal(recognise(await tool('gzip', [], text(10))), 'gzip')
    assert.equal(recognise(await tool('zstd', ['-cq'], text(10))), 'zstd')
    for (const other of ['', '\x1f', '\x1f\x8b', 'PGDMP', 'gAAAAA', 'age-encryption.org'])
      assert.equal(recognise(Buffer.from(other, 'latin1')), undefined)
  })
})
