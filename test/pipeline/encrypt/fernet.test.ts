import assert from 'node:assert/strict'
import { encryptFernet } from '../../../src/pipeline/encrypt/fernet.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'
import { authenticateFernet, decryptFernet, openFernet } from '../../../src/pipeline/encrypt/fernet-reader.ts'
import { cuts, flipped, flow, gather, outcome, pattern } from './flow.ts'

const key = parseFernetKey(generateFernetKey())
const SIZES = [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 1000, 65_535, 65_536, 65_537, 1_048_577, 3_000_000]

const encrypted = (bytes: Uint8Array, ...sizes: number[]): Promise<Buffer> =>
  gather(encryptFernet(key)(flow(bytes, ...sizes)))
const open = (token: Uint8Array, ...sizes: number[]) => openFernet(key, () => flow(token, ...sizes))

describe('fernet', () => {
  for (const size of SIZES) {
    it(`brings ${size} bytes back`, async () => {
      const bytes = pattern(size)
      const token = await encrypted(bytes)
      assert.equal(token.length, Math.ceil((57 + (Math.floor(size / 16) + 1) * 16) / 3) * 4)
      assert.deepEqual(await gather(open(token)), bytes)
      assert.deepEqual(await authenticateFernet(key, flow(token)), { plaintextBytes: size })
    })
  }

  it('does not depend on how the flow is cut', async () => {
    const bytes = pattern(20_000)
    const origin = { now: new Date(0), iv: Buffer.alloc(16, 7) }
    const expected = await gather(encryptFernet(key, origin)(flow(bytes)))
    for (const sizes of [[1], [2], [3], [7, 1, 0, 16], [4096, 5]]) {
      assert.deepEqual(await gather(encryptFernet(key, origin)(flow(bytes, ...sizes))), expected)
      assert.deepEqual(await gather(open(expected, ...sizes)), bytes)
    }
  })

  it('tolerates a newline after the token, as editors add it', async () => {
    for (const end of ['\n', '\r\n', '\n\n ']) {
      const token = Buffer.concat([await encrypted(pattern(100)), Buffer.from(end)])
      for (const size of [1, 1000]) assert.deepEqual(await gather(open(token, size)), pattern(100))
    }
  })

  it('takes a new random IV and the present time for each token', async () => {
    const before = Math.floor(Date.now() / 1000)
    const [one, two] = await Promise.all([encrypted(pattern(5)), encrypted(pattern(5))])
    const [first, second] = [one, two].map((token) => Buffer.from(token.toString('latin1'), 'base64url'))
    assert.notDeepEqual(first!.subarray(9, 25), second!.subarray(9, 25))
    const seconds = Number(first!.readBigUInt64BE(1))
    assert.ok(seconds >= before && seconds <= Date.now() / 1000)
  })

  it("passes on the source's error, both ways", async () => {
    const failing = async function* () {
      yield pattern(100)
      throw new Error('the disk is gone')
    }
    await assert.rejects(gather(encryptFernet(key)(failing())), /the disk is gone/)
    const token = await encrypted(pattern(10_000))
    const failingToken = async function* () {
      yield token.subarray(0, 500)
      throw new Error('the disk is gone')
    }
    await assert.rejects(gather(decryptFernet(key)(failingToken())), /the disk is gone/)
  })

  it('closes its source when the reader stops early', async () => {
    const token = await encrypted(pattern(1_000_000))
    let closed = 0
    const watched = async function* () {
      try {
        yield* flow(token, 65_536)
      } finally {
        closed += 1
      }
    }
    for await (const _ of openFernet(key, watched)) break
    assert.equal(closed, 2)
  })

  it('leaves the bytes it released alone while it goes on', async () => {
    const bytes = pattern(1_000_000)
    const token = await encrypted(bytes)
    const chunks: Uint8Array[] = []
    for await (const chunk of decryptFernet(key)(flow(token, 10_000))) chunks.push(chunk)
    assert.deepEqual(Buffer.concat(chunks), bytes)
  })

  it('rejects in the second pass when the bytes changed after the first', async () => {
    const token = await encrypted(pattern(1000))
    const changed = Buffer.from(token).fill(token[700] === 65 ? 'B' : 'A', 700, 701)
    let pass = 0
    const changing = openFernet(key, () => flow((pass += 1) === 1 ? token : changed))
    const { error } = await outcome(changing)
    assert.equal(error?.code, 'KEY_WRONG')
  })
})

describe('fernet, damaged', () => {
  const bytes = pattern(30_000)
  let token: Buffer

  before(async () => {
    token = await encrypted(bytes)
  })

  async function assertRefused(damaged: Buffer, codes: readonly string[]): Promise<void> {
    const opened = await outcome(open(damaged, 4096))
    assert.ok(opened.error && codes.includes(opened.error.code), opened.error?.message ?? 'it was accepted')
    assert.equal(opened.released.length, 0, 'bytes were released before the MAC was checked')
    const decrypted = await outcome(decryptFernet(key)(flow(damaged, 4096)))
    assert.equal(decrypted.error?.code, opened.error.code)
  }

  it('is refused, and nothing is released, when cut at any hundredth or before the last byte', async () => {
    for (const cut of cuts(token.length)) await assertRefused(token.subarray(0, cut), ['ARTIFACT_CORRUPT', 'KEY_WRONG'])
  })

  it('is refused when cut by any number of the last 200 bytes', async () => {
    for (let missing = 1; missing <= 200; missing += 1) {
      await assertRefused(token.subarray(0, -missing), ['ARTIFACT_CORRUPT', 'KEY_WRONG'])
    }
  })

  it('is refused when one bit is turned over in header, body or tail', async () => {
    const places = [
      0,
      1,
      5,
      12,
      20,
      33,
      34,
      ...cuts(token.length),
      ...Array.from({ length: 60 }, (_, i) => token.length - 1 - i),
    ]
    for (const place of places) {
      for (let bit = 0; bit < 8; bit += 1) {
        await assertRefused(flipped(token, place, bit), ['ARTIFACT_CORRUPT', 'KEY_WRONG'])
      }
    }
  })

  it('is refused when anything is appended', async () => {
    for (const more of ['A', '=', '\0', 'AAAA', '\nAAAA', ' trailing']) {
      await assertRefused(Buffer.concat([token, Buffer.from(more)]), ['ARTIFACT_CORRUPT'])
    }
    await assertRefused(Buffer.concat([token, token]), ['ARTIFACT_CORRUPT'])
    // This token needs no padding, so another one joins without a seam, and only the MAC tells.
    const unpadded = await encrypted(pattern(40))
    assert.ok(!unpadded.includes('='))
    await assertRefused(Buffer.concat([unpadded, unpadded]), ['ARTIFACT_CORRUPT', 'KEY_WRONG'])
  })

  it('is refused with ARTIFACT_CORRUPT when it is empty, text, or another format', async () => {
    for (const content of [
      '',
      '\n',
      'hello',
      'CREATE TABLE t (id int);\n',
      'age-encryption.org/v1\n',
      'SQLite format 3\0',
    ]) {
      await assertRefused(Buffer.from(content), ['ARTIFACT_CORRUPT'])
    }
    await assertRefused(Buffer.from('CREATETABLE'.repeat(100)), ['ARTIFACT_CORRUPT'])
    await assertRefused(pattern(10_000), ['ARTIFACT_CORRUPT'])
  })

  it('tells an empty file', async () => {
    const { error } = await outcome(open(Buffer.alloc(0)))
    assert.match(error!.message, /empty/)
  })

  it('is refused with KEY_WRONG under another key, in words that leave both reasons open', async () => {
    const other = parseFernetKey(generateFernetKey())
    const { released, error } = await outcome(openFernet(other, () => flow(token)))
    assert.equal(released.length, 0)
    assert.equal(error?.code, 'KEY_WRONG')
    assert.match(error.message, /another backup, or the bytes were changed/)
    assert.equal(error.retryable, false)
  })
})
