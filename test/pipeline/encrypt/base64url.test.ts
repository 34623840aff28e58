import assert from 'node:assert/strict'
import { Base64urlDecoder } from '../../../src/pipeline/encrypt/base64url-decoder.ts'
import { Base64urlEncoder } from '../../../src/pipeline/encrypt/base64url-encoder.ts'
import { pattern } from './flow.ts'

function encode(bytes: Buffer, size: number, head = 0): string {
  const encoder = new Base64urlEncoder(bytes.subarray(0, head))
  const parts: Buffer[] = []
  for (let from = head; from < bytes.length; from += size) parts.push(encoder.update(bytes.subarray(from, from + size)))
  return Buffer.concat([...parts, encoder.final()]).toString('latin1')
}

function decode(text: Buffer, size = text.length): Buffer {
  const decoder = new Base64urlDecoder()
  const into = Buffer.alloc(text.length + 8)
  let at = 0
  for (let from = 0; from < text.length; from += size) {
    const piece = text.subarray(from, from + size)
    const written = decoder.update(piece, into, at)
    assert.ok(written <= Base64urlDecoder.capacity(piece.length))
    at += written
  }
  at += decoder.final(into, at)
  return into.subarray(0, at)
}

const padded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
const corrupt = { code: 'ARTIFACT_CORRUPT' }

describe('base64url', () => {
  for (const length of [0, 1, 2, 3, 4, 25, 57, 1000, 48 * 1024, 200_001]) {
    it(`writes ${length} bytes as RFC 4648 has them, and reads them back, in pieces of any size`, () => {
      const bytes = pattern(length)
      for (const size of length > 1000 ? [65_537, length] : [1, 2, 3, 5, 64, 1001]) {
        assert.equal(encode(bytes, size), padded(bytes))
        assert.equal(encode(bytes, size, Math.min(25, length)), padded(bytes))
        assert.deepEqual(decode(Buffer.from(padded(bytes)), size), bytes)
      }
    })
  }

  it('refuses each of the 192 foreign bytes, at the start, within and before the end, in pieces of any size', () => {
    const text = Buffer.from(padded(pattern(96)))
    let refused = 0
    for (let byte = 0; byte < 256; byte += 1) {
      if (/[A-Za-z0-9_-]/.test(String.fromCharCode(byte))) continue
      refused += 1
      for (const place of [0, 1, 50, 62, 127]) {
        // White space and padding at the very end are another matter.
        if (place === 127 && ' \t\r\n='.includes(String.fromCharCode(byte))) continue
        const damaged = Buffer.from(text)
        damaged[place] = byte
        for (const size of [1, 3, 4, 128])
          assert.throws(() => decode(damaged, size), corrupt, `${byte} at ${place} by ${size}`)
      }
    }
    assert.equal(refused, 192)
  })

  it('lets white space pass after the end, and nothing after the white space', () => {
    const text = padded(pattern(16))
    for (const size of [1, 5, 99]) {
      assert.deepEqual(decode(Buffer.from(`${text}\r\n \t\n`), size), pattern(16))
      for (const end of ['\nA', '\n=', ' \0', '\nAAAA', '\v']) {
        assert.throws(() => decode(Buffer.from(text + end), size), corrupt, JSON.stringify(end))
      }
    }
  })

  for (const [what, text] of [
    ['white space before the start', '\nAAAA'],
    ['a line break within', 'AAAA\nAAAA'],
    ['missing padding', 'AAAAAA'],
    ['half of the padding', 'AAAAAA='],
    ['padding that is not needed', 'AAAA='],
    ['too much padding', 'AAAAAA==='],
    ['padding within', 'AA==AAAA'],
    ['padding alone', '=='],
    ['one character too many', 'AAAAA'],
    ['bits that belong to no byte', 'AAAAAB=='],
  ] as const) {
    it(`refuses ${what}`, () => {
      for (const size of [1, 2, 3, 4, 99]) assert.throws(() => decode(Buffer.from(text), size), corrupt)
    })
  }
})
