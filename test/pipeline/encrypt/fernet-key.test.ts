import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import { generateFernetKey, parseFernetKey } from '../../../src/pipeline/encrypt/fernet-key.ts'

const TEXT = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

function refusal(text: string): DbvaultError {
  try {
    parseFernetKey(text)
  } catch (error) {
    if (DbvaultError.is(error)) return error
  }
  return assert.fail('the key was accepted')
}

describe('fernet key', () => {
  it('signs with the first half and encrypts with the second', () => {
    const key = parseFernetKey(TEXT)
    assert.equal(key.signingKey.toString('hex'), '000102030405060708090a0b0c0d0e0f')
    assert.equal(key.encryptionKey.toString('hex'), '101112131415161718191a1b1c1d1e1f')
  })

  it('is read without its padding and with white space around it', () => {
    for (const text of [TEXT.slice(0, -1), ` ${TEXT}\r\n`]) {
      assert.deepEqual(parseFernetKey(text).signingKey, parseFernetKey(TEXT).signingKey)
    }
  })

  it('is generated as 44 characters that read back, never the same twice', () => {
    const texts = Array.from({ length: 100 }, generateFernetKey)
    assert.equal(new Set(texts).size, 100)
    for (const text of texts) {
      assert.match(text, /^[A-Za-z0-9_-]{43}=$/)
      parseFernetKey(text)
    }
  })

  for (const [what, text, length] of [
    ['no text', '', '0 characters'],
    ['16 bytes', 'AAECAwQFBgcICQoLDA0ODw==', '24 characters'],
    ['33 bytes', `${'A'.repeat(44)}`, '44 characters'],
    ['64 bytes', 'A'.repeat(86), '86 characters'],
    ['the standard alphabet', '++ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', '44 characters'],
    ['two padding characters', `${'A'.repeat(43)}==`, '45 characters'],
    ['a line break within', `${TEXT.slice(0, 20)}\n${TEXT.slice(20)}`, '45 characters'],
  ] as const) {
    it(`refuses ${what} with KEY_INVALID, the length, and nothing of the text`, () => {
      const error = refusal(text)
      assert.equal(error.code, 'KEY_INVALID')
      assert.ok(error.message.includes(length), error.message)
      assert.ok(error.hints.some((hint) => hint.includes('dbvault keygen')))
      if (text !== '') assert.ok(!inspect(error).includes(text.slice(0, 8)), 'the key is in the error')
    })
  }

  it('cannot be seen through inspect or JSON', () => {
    const holder = { key: parseFernetKey(TEXT) }
    assert.ok(!/[0-9]/.test(inspect(holder, { depth: 9, showHidden: true })))
    assert.equal(JSON.stringify(holder), '{"key":{}}')
  })

  it("derives the manifest's key by HKDF-SHA256 from all 32 bytes", () => {
    const ikm = Buffer.from(TEXT, 'base64')
    const expected = Buffer.from(hkdfSync('sha256', ikm, Buffer.alloc(0), 'dbvault manifest mac v1', 32))
    assert.deepEqual(parseFernetKey(TEXT).manifestMacKey(), expected)
    assert.equal(expected.length, 32)
  })
})
