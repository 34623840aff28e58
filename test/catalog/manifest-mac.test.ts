import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { verifyMac, withMac } from '../../src/catalog/manifest-mac.ts'
import { needs } from '../support/tools.ts'

const KEY = Buffer.alloc(32, 7)
const DOCUMENT = { id: 'shop', bytes: 10, labels: { b: 'é', a: '"' }, list: [1e21, 0.5, null, true] }
/** RFC 8785 by hand: keys sorted, no spaces, numbers as ECMAScript prints them, only `"` escaped. */
const CANONICAL = '{"bytes":10,"id":"shop","labels":{"a":"\\"","b":"é"},"list":[1e+21,0.5,null,true]}'

describe('the MAC of a manifest', () => {
  needs('openssl')

  it('is what openssl computes over the canonical form', () => {
    const openssl = (...options: string[]): string =>
      execFileSync('openssl', ['dgst', '-sha256', '-binary', ...options], { input: CANONICAL }).toString('base64url')
    assert.deepEqual(withMac(DOCUMENT, KEY).mac, {
      scheme: 'hmac-sha256',
      value: openssl('-mac', 'HMAC', '-macopt', `hexkey:${KEY.toString('hex')}`),
    })
    assert.deepEqual(withMac(DOCUMENT, undefined).mac, { scheme: 'sha256', value: openssl() })
  })

  it('fits however the same document is written down', () => {
    const { mac, ...rest } = withMac(DOCUMENT, KEY)
    verifyMac(JSON.stringify({ mac, ...rest }, null, 4), KEY, 'here')
    verifyMac(JSON.stringify({ mac, list: rest.list, labels: rest.labels, bytes: 10, id: 'shop' }), KEY, 'here')
  })

  const changed: readonly (readonly [what: string, change: object])[] = [
    ['a changed value', { bytes: 11 }],
    ['a changed type', { bytes: '10' }],
    ['a further field', { also: 1 }],
    ['a field within that is gone', { labels: { a: '"' } }],
    ['another order in a list', { list: [0.5, 1e21, null, true] }],
    ['a field that is gone', { id: undefined }],
  ]
  for (const [what, change] of changed) {
    it(`does not fit ${what}, with and without a key`, () => {
      for (const key of [KEY, undefined]) {
        const text = JSON.stringify({ ...withMac(DOCUMENT, key), ...change })
        assert.throws(() => verifyMac(text, key, 'here'), { code: 'MANIFEST_INVALID', message: /The manifest here/ })
      }
    })
  }

  it('does not fit under another key, nor a plain digest in place of a MAC', () => {
    const text = JSON.stringify(withMac(DOCUMENT, KEY))
    for (const key of [Buffer.alloc(32, 8), undefined]) {
      assert.throws(() => verifyMac(text, key, 'here'), { code: 'MANIFEST_INVALID' })
    }
    const digest = JSON.stringify(withMac(DOCUMENT, undefined))
    assert.throws(() => verifyMac(digest, KEY, 'here'), { code: 'MANIFEST_INVALID' })
    assert.throws(() => verifyMac(JSON.stringify(DOCUMENT), KEY, 'here'), { code: 'MANIFEST_INVALID' })
  })
})
