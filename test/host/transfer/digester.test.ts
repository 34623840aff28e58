import assert from 'node:assert/strict'
import { digester } from '../../../src/host/transfer/digester.ts'

/** Of the nine bytes that every catalogue of checksums tells the values of. */
const OF_123456789 = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  md5: '25f9e794323b453885f5181f1b624d0b',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
} as const

describe('a digester', () => {
  for (const [name, expected] of Object.entries(OF_123456789)) {
    it(`computes the ${name} that is published, in pieces, and starts anew`, async () => {
      const digests = await digester(name as keyof typeof OF_123456789)
      for (let round = 0; round < 2; round++) {
        for (const piece of ['1', '', '2345678', '9']) digests.update(Buffer.from(piece))
        assert.equal(digests.take().toString('hex'), expected)
      }
    })
  }

  it('of one name knows nothing of another one of that name', async () => {
    const one = await digester('crc64nvme')
    const other = await digester('crc64nvme')
    one.update(Buffer.from('12345'))
    other.update(Buffer.from('something else'))
    one.update(Buffer.from('6789'))
    assert.equal(one.take().toString('hex'), OF_123456789.crc64nvme)
  })
})
