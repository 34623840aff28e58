import assert from 'node:assert/strict'
import type { DigestName } from '../../../src/contract/transfer.ts'
import { BodyDigests } from '../../../src/host/transfer/body-digests.ts'
import { digester } from '../../../src/host/transfer/digester.ts'
import { patterned } from '../../../src/testing/storage-case.ts'

const ALL: readonly DigestName[] = ['crc32', 'crc32c', 'crc64nvme', 'md5', 'sha256']

describe('digests of a body in parts', () => {
  for (const sizes of [[0], [1], [5, 0], [1, 2, 3], [1000, 1, 999], [1 << 16, (1 << 16) + 1, 7]]) {
    it(`are those of its bytes: parts of ${sizes.join(', ')}`, async () => {
      const bytes = patterned(sizes.reduce((sum, size) => sum + size))
      const digests = await BodyDigests.of(['crc32', 'crc64nvme', 'crc32c', 'md5'], ALL)
      let at = 0
      for (const size of sizes) {
        const piece = bytes.subarray(at, (at += size))
        digests.update(piece.subarray(0, size >> 1))
        digests.update(piece.subarray(size >> 1))
        const ofPart = digests.endPart()
        assert.deepEqual(Object.keys(ofPart), ['crc32', 'crc64nvme', 'crc32c', 'md5'])
        for (const [name, digest] of Object.entries(ofPart)) {
          assert.equal(digest.toString('hex'), await digestOf(name as DigestName, piece))
        }
      }
      const ofBody = digests.endBody()
      for (const name of ALL) assert.equal(ofBody[name]?.toString('hex'), await digestOf(name, bytes), name)
    })
  }
})

async function digestOf(name: DigestName, bytes: Buffer): Promise<string> {
  const digest = await digester(name)
  digest.update(bytes)
  return digest.take().toString('hex')
}
