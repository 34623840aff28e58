import assert from 'node:assert/strict'
import { backupId, encodeLabel, utcStamp } from '../../src/catalog/backup-id.ts'

describe('a backup id', () => {
  it('says what, when in UTC to the second, and six random characters', () => {
    const now = new Date('2026-11-23T08:42:01.999Z')
    assert.equal(utcStamp(now), '20261123T084201Z')
    assert.match(backupId('shop', now), /^shop-20261123T084201Z-[a-z2-9]{6}$/)
    const ids = Array.from({ length: 1000 }, () => backupId('shop', now))
    assert.equal(new Set(ids).size, 1000)
  })
})

describe('a database name in a file name', () => {
  const cases: readonly (readonly [label: string, encoded: string])[] = [
    ['shop', 'shop'],
    ['Shop_1.2-b', 'Shop_1.2-b'],
    ['a/b\\c', 'a%2Fb%5Cc'],
    ['..', '%2E.'],
    ['.hidden', '%2Ehidden'],
    ['-rf', '%2Drf'],
    ['', '%00'],
    ['a b', 'a%20b'],
    ["(o'o)*!~", '%28o%27o%29%2A%21%7E'],
    ['50%', '50%25'],
    ['line\nbreak\0', 'line%0Abreak%00'],
    ['über', '%C3%BCber'],
    ['\ud800', '%EF%BF%BD'],
  ]
  for (const [label, encoded] of cases) {
    it(`is ${encoded} for ${JSON.stringify(label)}`, () => assert.equal(encodeLabel(label), encoded))
  }

  it('has at most 80 bytes, cut between characters', () => {
    assert.equal(encodeLabel('x'.repeat(500)), 'x'.repeat(80))
    assert.equal(encodeLabel('😀'.repeat(10)), '%F0%9F%98%80'.repeat(6))
    assert.equal(encodeLabel(`${'x'.repeat(70)}😀`), 'x'.repeat(70))
    for (const label of ['.', '-', '😀', 'é', '/', 'x'].flatMap((one) => [one.repeat(300), `.${one.repeat(300)}`])) {
      const encoded = encodeLabel(label)
      assert.ok(encoded.length <= 80, `${encoded.length} bytes`)
      assert.doesNotThrow(() => decodeURIComponent(encoded))
    }
  })
})
