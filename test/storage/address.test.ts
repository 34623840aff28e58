import assert from 'node:assert/strict'
import { isAddress, parseAddress } from '../../src/storage/address.ts'

describe('an address', () => {
  const addresses: readonly (readonly [text: string, scheme: string, container: string, key: string])[] = [
    ['foo://bucket/a/b.db', 'foo', 'bucket', 'a/b.db'],
    ['FOO://bucket', 'foo', 'bucket', ''],
    ['foo://bucket/', 'foo', 'bucket', ''],
    ['foo://bucket/nightly/', 'foo', 'bucket', 'nightly/'],
    ['foo://bucket/with%20space', 'foo', 'bucket', 'with space'],
    ['foo://bucket/with space', 'foo', 'bucket', 'with space'],
    ['foo://bucket/plus+plus%2Bplus', 'foo', 'bucket', 'plus+plus+plus'],
    ['foo://bucket/per%25cent', 'foo', 'bucket', 'per%cent'],
    ['foo://bucket/my%2520db-1.db', 'foo', 'bucket', 'my%20db-1.db'],
    ['foo://bucket/what?#%3F%23', 'foo', 'bucket', 'what?#?#'],
    ['foo://bucket/日本%E8%AA%9E', 'foo', 'bucket', '日本語'],
    ['foo://%2Fa%20b/key', 'foo', '/a b', 'key'],
    ['foo://bucket//a', 'foo', 'bucket', '/a'],
  ]
  for (const [text, scheme, container, key] of addresses) {
    it(`${text} means ${container} and ${key || 'all of it'}`, () => {
      assert.ok(isAddress(text))
      assert.deepEqual(parseAddress(text), { scheme, container, key })
    })
  }

  it('with a % that encodes nothing is refused, and says how to write it', () => {
    for (const text of ['foo://bucket/100%', 'foo://bucket/%zz', 'foo://bucket/%ff', 'foo://b%/x']) {
      assert.throws(() => parseAddress(text), { code: 'USAGE', hints: ['A % in a key is written %25 in its address.'] })
    }
  })

  it('is no path, and no path is one', () => {
    for (const path of ['/a/b', 'a/b', 'c:/x', '://x', '', 'a:b', './foo://x']) assert.equal(isAddress(path), false)
    assert.throws(() => parseAddress('a/b'), { code: 'USAGE' })
  })
})
