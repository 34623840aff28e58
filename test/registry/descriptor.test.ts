import assert from 'node:assert/strict'
import { parseDescriptor } from '../../src/registry/descriptor.ts'
import { engine, storage } from './descriptors.ts'

const text = { type: 'string', summary: 'A text.' }

const accepted: readonly (readonly [string, object])[] = [
  ['an engine', engine()],
  ['a storage', storage()],
  ['an engine without settings', engine({ source: { database: 'file', settings: [] } })],
  ['a format with its first bytes', engine({ formats: [{ id: 'a', extension: 'a', magic: '53514c69' }] })],
  [
    'a string flag with everything',
    storage({ flags: { a: { ...text, env: ['A_B'], secret: true, role: 'key', hidden: true } } }),
  ],
  ['a default that is an option', storage({ flags: { a: { ...text, options: ['x', 'y'], default: 'y' } } })],
  ['an integer with bounds', storage({ flags: { a: { type: 'integer', summary: 'A.', min: 1, max: 9, default: 2 } } })],
  ['a flag for one command', storage({ flags: { a: { type: 'boolean', summary: 'A.', commands: ['backup'] } } })],
]

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['nothing', undefined, /^"dbvault" must be an object/],
  ['a list', [], /^"dbvault" must be an object/],
  ['another contract', engine({ contract: 2 }), /^"dbvault.contract" is 2; this dbvault speaks contract 1/],
  ['no contract', engine({ contract: undefined }), /^"dbvault.contract" is missing/],
  ['a contract that is a text', engine({ contract: '1' }), /^"dbvault.contract" is "1"/],
  ['another kind', engine({ kind: 'cloud' }), /^"dbvault.kind" must be "engine" or "storage"/],
  ['a field it does not know', engine({ flag: {} }), /^"dbvault.flag" is not known here/],
  ['capitals in the name', engine({ name: 'Foo' }), /^"dbvault.name"/],
  ['a double dash in the name', engine({ name: 'a--b' }), /^"dbvault.name"/],
  ['a name of the core', storage({ name: 'local' }), /^"dbvault.name" must not be "local"/],
  [
    'a template tag in the summary',
    engine({ summary: 'a <%= process.exit() %>' }),
    /^"dbvault.summary" must not hold a template tag/,
  ],
  ['two lines in the summary', engine({ summary: 'a\nb' }), /^"dbvault.summary" must be one line/],
  ['an escape sequence in the summary', engine({ summary: '\u001b[2J' }), /^"dbvault.summary" must be one line/],
  ['a very long summary', engine({ summary: 'a'.repeat(301) }), /^"dbvault.summary" must not be longer/],
  ['a module outside of the package', engine({ module: './../other/index.js' }), /^"dbvault.module" must stay inside/],
  ['a module that is a package', engine({ module: 'other' }), /^"dbvault.module" must be the path/],
  [
    'a setting it does not know',
    engine({ source: { database: 'file', settings: ['socket'] } }),
    /^"dbvault.source.settings\[0\]"/,
  ],
  ['a database that is neither', engine({ source: { database: 'table', settings: [] } }), /^"dbvault.source.database"/],
  ['no formats', engine({ formats: [] }), /^"dbvault.formats" must be a list/],
  ['an extension with a dot', engine({ formats: [{ id: 'a', extension: '.a' }] }), /^"dbvault.formats\[0\].extension"/],
  [
    'magic that is not hex',
    engine({ formats: [{ id: 'a', extension: 'a', magic: 'SQLi' }] }),
    /^"dbvault.formats\[0\].magic"/,
  ],
  ['a storage without schemes', storage({ schemes: undefined }), /^"dbvault.schemes"/],
  ['the scheme file', storage({ schemes: ['file'] }), /^"dbvault.schemes\[0\]" must not be "file"/],
  ['flags that are a list', storage({ flags: [] }), /^"dbvault.flags" must be an object/],
  ['a flag of no type', storage({ flags: { a: { summary: 'A.' } } }), /^"dbvault.flags.a.type"/],
  [
    'a flag without a summary',
    storage({ flags: { a: { type: 'boolean' } } }),
    /^"dbvault.flags.a.summary" must be a text/,
  ],
  ['a flag named with an underscore', storage({ flags: { a_b: text } }), /^"dbvault.flags.a_b"/],
  ['a flag named no-…', storage({ flags: { 'no-a': text } }), /^"dbvault.flags.no-a" must not start with/],
  ['a template tag in a default', storage({ flags: { a: { ...text, default: '<%' } } }), /^"dbvault.flags.a.default"/],
  [
    'a template tag in an option',
    storage({ flags: { a: { ...text, options: ['<%'] } } }),
    /^"dbvault.flags.a.options\[0\]"/,
  ],
  [
    'a default that is no option',
    storage({ flags: { a: { ...text, options: ['x'], default: 'y' } } }),
    /^"dbvault.flags.a.default" is not one of/,
  ],
  [
    'a default of another type',
    storage({ flags: { a: { type: 'integer', summary: 'A.', default: '1' } } }),
    /^"dbvault.flags.a.default"/,
  ],
  ['bounds on a text', storage({ flags: { a: { ...text, min: 1 } } }), /^"dbvault.flags.a.min" is not known here/],
  [
    'a command that takes no plugins',
    storage({ flags: { a: { ...text, commands: ['keygen'] } } }),
    /^"dbvault.flags.a.commands\[0\]"/,
  ],
  [
    'a variable for argvOnly',
    storage({ flags: { a: { ...text, argvOnly: true, env: ['A'] } } }),
    /^"dbvault.flags.a.env" contradicts/,
  ],
  ['a variable in lower case', storage({ flags: { a: { ...text, env: ['path'] } } }), /^"dbvault.flags.a.env\[0\]"/],
  [
    'too many flags',
    storage({ flags: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, text])) }),
    /^"dbvault.flags" holds 65 flags/,
  ],
  ['a huge descriptor', engine({ summary: 'a'.repeat(70_000) }), /^"dbvault" is \d+ characters long/],
  ['a __proto__', JSON.parse('{"contract":1,"__proto__":{"kind":"engine"}}'), /^"dbvault.kind"/],
  [
    'a flag named __proto__',
    storage({ flags: JSON.parse('{"__proto__":{"type":"string","summary":"A."}}') }),
    /^"dbvault.flags.__proto__"/,
  ],
]

describe('a descriptor', () => {
  for (const [what, raw] of accepted) {
    it(`is accepted with ${what}`, () => {
      assert.deepEqual(parseDescriptor(raw), JSON.parse(JSON.stringify(raw)))
    })
  }
  for (const [what, raw, message] of refused) {
    it(`is refused with ${what}, naming the field`, () => {
      assert.throws(() => parseDescriptor(raw), { name: 'ShapeError', message })
    })
  }

  it('is refused when a getter throws, and its circles are', () => {
    const hostile = Object.defineProperty({}, 'contract', {
      enumerable: true,
      get: () => {
        throw new Error('boo')
      },
    })
    assert.throws(() => parseDescriptor(hostile), /^ShapeError: "dbvault" cannot be read: boo/)
    const circle: Record<string, unknown> = engine()
    circle['source'] = circle
    assert.throws(() => parseDescriptor(circle), /"dbvault" cannot be read/)
  })
})
