import assert from 'node:assert/strict'
import type { PartLimits } from '../../../src/contract/transfer.ts'
import { partSizes } from '../../../src/host/transfer/part-sizes.ts'

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4

const PLACES: Readonly<Record<string, PartLimits & { readonly smallUpTo: number }>> = {
  '10,000 parts of 5 MiB to 5 GiB to 5 TiB': {
    firstBytes: 8 * MiB,
    maxParts: 10_000,
    maxPartBytes: 5 * GiB,
    maxBytes: 5 * TiB,
    smallUpTo: 7 * GiB,
  },
  '50,000 blocks of up to 4,000 MiB to 4.75 TiB': {
    firstBytes: 8 * MiB,
    maxParts: 50_000,
    maxPartBytes: 4_000 * MiB,
    maxBytes: 4.75 * TiB,
    smallUpTo: 50 * GiB,
  },
  'parts without number, in multiples of 256 KiB, to 5 TiB': {
    firstBytes: 8 * MiB,
    maxParts: Number.POSITIVE_INFINITY,
    maxPartBytes: Number.POSITIVE_INFINITY,
    maxBytes: 5 * TiB,
    smallUpTo: 5 * TiB,
  },
}

describe('the sizes of parts', () => {
  for (const [what, { smallUpTo, ...limits }] of Object.entries(PLACES)) {
    it(`reach the largest object: ${what}`, () => {
      const sizeOf = partSizes(limits)
      let bytes = 0
      let number = 0
      let before = limits.firstBytes
      while (bytes < limits.maxBytes) {
        const size = sizeOf(++number)
        assert.ok(size >= before, 'sizes only grow')
        assert.equal(size % limits.firstBytes, 0)
        assert.ok(size <= limits.maxPartBytes)
        if (bytes + size <= smallUpTo) assert.equal(size, limits.firstBytes)
        bytes += size
        before = size
      }
      assert.ok(number <= limits.maxParts, `${number} parts`)
      if (Number.isFinite(limits.maxParts)) assert.ok(sizeOf(limits.maxParts) <= limits.maxPartBytes)
    })
  }

  it('are refused where no plan reaches the largest object', () => {
    const limits = { firstBytes: MiB, maxParts: 10, maxPartBytes: 2 * MiB, maxBytes: GiB }
    assert.throws(() => partSizes(limits), /No plan of parts/)
  })
})
