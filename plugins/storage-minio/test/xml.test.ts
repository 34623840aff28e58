import assert from 'node:assert/strict'
import { elementOf, elementsOf, escaped, parseXml, textOf } from '../src/xml.ts'

const LISTING = `<?xml version="1.0" encoding="UTF-8"?>
<List><Key>007</Key><Contents><ETag>&#34;a&#34;</ETag></Contents><Contents><ETag>&quot;b&amp;&quot;</ETag></Contents></List>
`

describe('XML', () => {
  it('is read as text, with its entities, and with lists where there may be several', () => {
    const list = elementOf(parseXml(LISTING), 'List') ?? {}
    assert.equal(textOf(list, 'Key'), '007')
    assert.deepEqual(
      elementsOf(list, 'Contents').map((one) => textOf(one, 'ETag')),
      ['"a"', '"b&"'],
    )
    assert.deepEqual(
      elementsOf(elementOf(parseXml('<List><Contents><a/></Contents></List>'), 'List') ?? {}, 'Contents').length,
      1,
    )
    assert.deepEqual(elementsOf(list, 'Upload'), [])
  })

  it('is nothing wherever it is cut', () => {
    const end = LISTING.trimEnd().length
    for (let at = 0; at < end; at++) assert.deepEqual(parseXml(LISTING.slice(0, at)), {}, `at ${at}`)
    for (const other of ['', 'nothing', '{}', '<!DOCTYPE html>', '<List></Other>'])
      assert.deepEqual(parseXml(other), {})
    assert.ok('List' in parseXml(LISTING.slice(0, end)))
    assert.ok('List' in parseXml('<List/>'))
    assert.ok('List' in parseXml('<?xml version="1.0"?>\n<List a="b"/>\n'))
  })

  it('is written with everything escaped that has to be', () => {
    assert.equal(escaped(`"a"&<b>'`), '&#34;a&#34;&#38;&#60;b&#62;&#39;')
  })
})
