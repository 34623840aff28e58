import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { contextOf } from '../../src/operations/context.ts'
import { decrypt, type DecryptRequest } from '../../src/operations/decrypt.ts'
import { fernetCipher } from '../../src/pipeline/encrypt/encryption.ts'
import { generateFernetKey, parseFernetKey } from '../../src/pipeline/encrypt/fernet-key.ts'
import { gzip } from '../../src/pipeline/compress/gzip.ts'

const context = contextOf({})
const key = parseFernetKey(generateFernetKey())
const CONTENT = Buffer.from('a row\n'.repeat(100_000))

async function encrypted(): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(fernetCipher(key).encrypt()(gzip()(Readable.from([CONTENT])))))
}

const request = (bytes: Uint8Array, sink: DecryptRequest['sink']): DecryptRequest => ({
  name: 'a.txt.gz.enc',
  open: async () => Readable.from([bytes]),
  unlock: { key },
  decompress: true,
  sink,
})

describe('decrypt', () => {
  it('gives the plain bytes, and says how many and which', async () => {
    const chunks: Uint8Array[] = []
    const sink = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of body) chunks.push(chunk)
    }
    const { bytes } = await decrypt(request(await encrypted(), sink), context)
    assert.equal(bytes, CONTENT.length)
    assert.ok(Buffer.concat(chunks).equals(CONTENT))
  })

  it('begins no output when the last byte is another, or missing', async () => {
    const whole = await encrypted()
    const other = Buffer.from(whole)
    other.writeUInt8(other.readUInt8(other.length - 2) === 0x41 ? 0x42 : 0x41, other.length - 2)
    let begun = 0
    const sink = async (): Promise<void> => void (begun += 1)
    for (const damaged of [other, whole.subarray(0, -5)]) {
      await decrypt(request(damaged, sink), context).catch(() => {})
      assert.equal(begun, 0)
      await assert.rejects(decrypt(request(damaged, sink), context))
    }
  })
})
