import assert from 'node:assert/strict'
import { Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { encryptAge } from '../../../src/pipeline/encrypt/age.ts'
import { type AgeKeyPair, generateAgeIdentity } from '../../../src/pipeline/encrypt/age-keys.ts'
import { payloadKey, sealChunk } from '../../../src/pipeline/encrypt/age-payload.ts'
import { decryptAge } from '../../../src/pipeline/encrypt/age-reader.ts'
import { cuts, flipped, flow, gather, outcome, pattern } from './flow.ts'

const CHUNK = 65_536
const SEALED_CHUNK = CHUNK + 16
const SIZES = [0, 1, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5, 5_000_000]

let pair: AgeKeyPair
let other: AgeKeyPair

before(async () => {
  ;[pair, other] = await Promise.all([generateAgeIdentity(), generateAgeIdentity()])
})

const encrypt = (bytes: Uint8Array, ...sizes: number[]): Promise<Buffer> =>
  gather(encryptAge([pair.recipient])(flow(bytes, ...sizes)))
const decrypt = (file: Uint8Array, ...sizes: number[]) => decryptAge([pair.identity])(flow(file, ...sizes))

/** Where the first chunk begins: after the header's last line and the payload's nonce. */
function payloadStart(file: Buffer): number {
  return file.indexOf('\n', file.indexOf('\n--- ') + 1) + 1 + 16
}

describe('age', () => {
  for (const size of SIZES) {
    it(`brings ${size} bytes back`, async () => {
      const file = await encrypt(pattern(size))
      const chunks = Math.max(1, Math.ceil(size / CHUNK))
      assert.equal(file.length, payloadStart(file) + size + chunks * 16)
      assert.deepEqual(await gather(decrypt(file)), pattern(size))
    })
  }

  it('does not depend on how the flow is cut', async () => {
    const bytes = pattern(2 * CHUNK + 10)
    for (const sizes of [[1], [7, 1, 0, 16], [CHUNK], [SEALED_CHUNK], [CHUNK - 1, 1], [100_000]]) {
      assert.deepEqual(await gather(decrypt(await encrypt(bytes, ...sizes), ...sizes)), bytes)
    }
  })

  it('is opened by each of several recipients, post-quantum ones too, and by the right one of many identities', async () => {
    const hybrid = await generateHybridIdentity()
    const third = await generateAgeIdentity()
    const recipients = [pair.recipient, other.recipient, await identityToRecipient(hybrid)]
    const file = await gather(encryptAge(recipients)(flow(pattern(100))))
    for (const identities of [[pair.identity], [other.identity], [hybrid], [third.identity, other.identity]]) {
      assert.deepEqual(await gather(decryptAge(identities)(flow(file, 50))), pattern(100))
    }
  })

  it('releases the first chunks while the rest is still to come', async () => {
    const file = await encrypt(pattern(4 * CHUNK))
    let given = 0
    const watched = async function* () {
      for await (const piece of flow(file, 1000)) {
        given += piece.length
        yield piece
      }
    }
    const [first] = [await decryptAge([pair.identity])(watched())[Symbol.asyncIterator]().next()]
    assert.equal(first.value.length, CHUNK)
    assert.ok(given < 2 * CHUNK)
  })

  it("passes on the source's error", async () => {
    const file = await encrypt(pattern(4 * CHUNK))
    for (const length of [0, 50, 100_000]) {
      const failing = async function* () {
        yield* flow(file.subarray(0, length))
        throw new Error('the disk is gone')
      }
      await assert.rejects(gather(decryptAge([pair.identity])(failing())), /the disk is gone/)
      await assert.rejects(gather(encryptAge([pair.recipient])(failing())), /the disk is gone/)
    }
  })

  it('closes its source when the reader stops early, and when the file is refused', async () => {
    const file = await encrypt(pattern(4 * CHUNK))
    let closed = 0
    const watched = async function* (bytes: Buffer) {
      try {
        yield* flow(bytes, 1000)
      } finally {
        closed += 1
      }
    }
    for await (const _ of decryptAge([pair.identity])(watched(file))) break
    assert.equal(closed, 1)
    for (const [identity, bytes] of [
      [other.identity, file],
      [pair.identity, flipped(file, 3)],
      [pair.identity, flipped(file, 1000)],
    ] as const) {
      closed = 0
      assert.ok((await outcome(decryptAge([identity])(watched(bytes)))).error)
      assert.equal(closed, 1)
    }
  })

  it('refuses a recipient or an identity that is not one with KEY_INVALID', async () => {
    await assert.rejects(gather(encryptAge(['age1nonsense'])(flow(pattern(5)))), { code: 'KEY_INVALID' })
    const file = await encrypt(pattern(5))
    await assert.rejects(gather(decryptAge(['AGE-SECRET-KEY-1NONSENSE'])(flow(file))), { code: 'KEY_INVALID' })
  })
})

describe('age, damaged', () => {
  const bytes = pattern(3 * CHUNK + 1000)
  let file: Buffer

  before(async () => {
    file = await encrypt(bytes)
  })

  /** What was released before the error is genuine, though not complete. */
  async function refused(damaged: Buffer, size = 10_000): Promise<{ code: string; message: string; released: number }> {
    const { released, error } = await outcome(decrypt(damaged, size))
    assert.ok(error, 'it was accepted')
    assert.deepEqual(released, bytes.subarray(0, released.length))
    return { code: error.code, message: error.message, released: released.length }
  }

  it('is refused with ARTIFACT_CORRUPT when cut at any hundredth or before the last byte', async () => {
    for (const cut of cuts(file.length)) assert.equal((await refused(file.subarray(0, cut))).code, 'ARTIFACT_CORRUPT')
  })

  it('is refused when cut at each byte of the header', async () => {
    for (let cut = 0; cut < payloadStart(file); cut += 1) {
      assert.equal((await refused(file.subarray(0, cut), 7)).code, 'ARTIFACT_CORRUPT')
    }
  })

  it('is refused as cut short at each chunk boundary, and one byte beside it', async () => {
    for (const index of [0, 1, 2, 3]) {
      const boundary = payloadStart(file) + index * SEALED_CHUNK
      for (const cut of [boundary - 1, boundary, boundary + 1]) {
        const { code, message } = await refused(file.subarray(0, cut))
        assert.equal(code, 'ARTIFACT_CORRUPT')
        assert.match(message, /cut short/)
      }
      if (index === 0) continue
      const { message, released } = await refused(file.subarray(0, boundary))
      assert.match(message, /its last chunk is missing/)
      // The chunk at the cut is genuine, but it is not the last, so it stays here.
      assert.equal(released, (index - 1) * CHUNK)
    }
  })

  it('is refused when one bit is turned over anywhere', async () => {
    const start = payloadStart(file)
    for (let place = 0; place < start - 16; place += 1) {
      assert.ok(['ARTIFACT_CORRUPT', 'KEY_WRONG'].includes((await refused(flipped(file, place, place % 7))).code))
    }
    const places = [
      start - 16,
      start - 1,
      start,
      start + CHUNK,
      start + SEALED_CHUNK,
      file.length - 17,
      file.length - 1,
    ]
    for (const place of [...places, ...cuts(file.length).filter((cut) => cut >= start)]) {
      const { code, released } = await refused(flipped(file, place, place % 8))
      assert.equal(code, 'ARTIFACT_CORRUPT')
      assert.ok(released <= Math.max(0, place - start), 'the damaged chunk was released')
    }
  })

  it('is refused when anything is appended, also after a last chunk that is full', async () => {
    for (const more of [Buffer.from('\n'), Buffer.alloc(16), Buffer.alloc(SEALED_CHUNK), file]) {
      assert.equal((await refused(Buffer.concat([file, more]))).code, 'ARTIFACT_CORRUPT')
    }
    const full = await encrypt(pattern(2 * CHUNK))
    for (const more of [1, 16, SEALED_CHUNK]) {
      const { error } = await outcome(decrypt(Buffer.concat([full, Buffer.alloc(more)]), 9999))
      assert.equal(error?.code, 'ARTIFACT_CORRUPT')
      assert.match(error.message, /goes on after its end/)
    }
  })

  it('is refused when chunks change places or one is missing', async () => {
    const start = payloadStart(file)
    const chunk = (index: number) => file.subarray(start + index * SEALED_CHUNK, start + (index + 1) * SEALED_CHUNK)
    const head = file.subarray(0, start)
    for (const order of [[1, 0, 2, 3], [0, 2, 3], [1, 2, 3], [0, 0, 1, 2, 3], [3]]) {
      assert.equal((await refused(Buffer.concat([head, ...order.map(chunk)]))).code, 'ARTIFACT_CORRUPT')
    }
  })

  it('is refused when its last chunk is empty after others, as the specification demands', async () => {
    const encrypter = new Encrypter()
    encrypter.addRecipient(pair.recipient)
    let fileKey = new Uint8Array()
    encrypter.addRecipient({
      wrapFileKey(key) {
        fileKey = Uint8Array.from(key)
        return []
      },
    })
    const head = Buffer.from(await encrypter.encrypt('')).subarray(0, -16)
    const key = payloadKey(fileKey, head.subarray(-16))
    const first = sealChunk(key, 0, false, bytes.subarray(0, CHUNK))
    const { code, message } = await refused(
      Buffer.concat([head, ...first, ...sealChunk(key, 1, true, Buffer.alloc(0))]),
    )
    assert.equal(code, 'ARTIFACT_CORRUPT')
    assert.match(message, /empty chunk/)
  })

  it('is refused with KEY_WRONG by identities that are no recipient, and without any identity', async () => {
    for (const identities of [[other.identity], [other.identity, await generateHybridIdentity()], []]) {
      const { released, error } = await outcome(decryptAge(identities)(flow(file)))
      assert.equal(error?.code, 'KEY_WRONG')
      assert.equal(released.length, 0)
      assert.ok(!error.message.includes(other.identity))
    }
  })

  it('is refused with ARTIFACT_CORRUPT when it is empty, text, or of another version', async () => {
    for (const content of ['', 'hello', 'a', 'age-encryption.org/v2\n-> X25519 a\n', 'gAAAAABk', '\x1f\x8b']) {
      for (const size of [1, 100]) assert.equal((await refused(Buffer.from(content), size)).code, 'ARTIFACT_CORRUPT')
    }
  })

  it('is refused with ARTIFACT_FOREIGN when it is armored, and says what to do', async () => {
    const { error } = await outcome(decrypt(Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n')))
    assert.equal(error?.code, 'ARTIFACT_FOREIGN')
    assert.match(error.hints.join(), /age --decrypt/)
  })

  it('is refused when its header has no end, after one MiB of it', async () => {
    let given = 0
    const endless = async function* () {
      yield Buffer.from('age-encryption.org/v1\n-> X25519 abc\n')
      for (;;) {
        given += 64_000
        yield Buffer.alloc(64_000, 'A')
      }
    }
    const { error } = await outcome(decryptAge([pair.identity])(endless()))
    assert.equal(error?.code, 'ARTIFACT_CORRUPT')
    assert.ok(given < 1_200_000)
  })
})
