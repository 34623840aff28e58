import assert from 'node:assert/strict'
import type { Contribution } from '../../src/registry/contribution.ts'
import { parseDescriptor } from '../../src/registry/descriptor.ts'
import { Registry } from '../../src/registry/registry.ts'
import { checkRelations, type ParsedFlags } from '../../src/registry/relations.ts'
import { engine, storage } from './descriptors.ts'

const text = { type: 'string', summary: 'A text.' }

function contribution(raw: object): Contribution {
  return { descriptor: parseDescriptor(raw), package: 'p', version: '1.0.0', root: '/p' }
}

const registry = new Registry([
  contribution(engine({ flags: { format: text } })),
  contribution(engine({ name: 'lite', source: { database: 'file', settings: [] } })),
  contribution(
    storage({
      flags: {
        bucket: { ...text, required: true, role: 'container' },
        token: { ...text, required: true, argvOnly: true },
      },
    }),
  ),
])

function check(given: Readonly<Record<string, unknown>>, more: Partial<ParsedFlags> = {}): readonly string[] {
  return checkRelations(registry, {
    command: 'backup',
    takes: ['engine', 'storage'],
    given: new Set(Object.keys(given)),
    values: given,
    addresses: [],
    ...more,
  })
}

describe('the relations of flags and plugins', () => {
  it('hold for a plugin with all that it requires', () => {
    assert.deepEqual(check({ db: 'foo', 'foo-format': 'x', cloud: ['bar'], 'bar-bucket': 'b', 'bar-token': 't' }), [])
  })

  it('name the installed engines and the command that installs an unknown one', () => {
    assert.throws(() => check({ db: 'oracle' }), {
      code: 'PLUGIN_NOT_FOUND',
      message: '--db=oracle is not provided by any installed plugin (installed: foo, lite)',
      hints: ['dbvault plugins install @dbvault/engine-oracle'],
    })
    assert.throws(() => check({ db: 'foo', cloud: ['bar', 's9'] }), {
      code: 'PLUGIN_NOT_FOUND',
      hints: ['dbvault plugins install @dbvault/storage-s9'],
    })
  })

  it('put no nonsense into the command to install', () => {
    assert.throws(() => check({ db: '; rm -rf' }), { code: 'PLUGIN_NOT_FOUND', hints: [] })
  })

  it('name every missing flag, and its variable where it has one', () => {
    assert.throws(() => check({ db: 'foo', cloud: ['bar'] }), {
      code: 'USAGE',
      message:
        '--bar-bucket is required with --cloud=bar (or set DBVAULT_BAR_BUCKET); --bar-token is required with --cloud=bar',
    })
  })

  it('refuse a flag of a plugin that is not chosen, but not its exported variable', () => {
    assert.throws(() => check({ db: 'lite', 'foo-format': 'x' }), {
      code: 'USAGE',
      message: '--foo-format only applies with --db=foo',
    })
    assert.throws(() => check({ db: 'foo', 'bar-bucket': 'b' }), {
      message: '--bar-bucket only applies with --cloud=bar',
    })
    assert.deepEqual(check({}, { values: { db: 'lite', 'foo-format': 'x', 'bar-bucket': 'b' } }), [])
  })

  it('take an address for a choice of its storage', () => {
    const addresses = ['BAR://b/key']
    assert.deepEqual(check({ 'bar-token': 't' }, { command: 'show', addresses }), [])
    assert.throws(() => check({}, { command: 'show', addresses }), {
      message: '--bar-token is required with --cloud=bar',
    })
    assert.throws(() => check({ 'bar-bucket': 'b' }, { command: 'show', addresses: ['/bar'] }), { code: 'USAGE' })
  })

  it('leave the engine to the manifest where a stored backup is read', () => {
    assert.deepEqual(check({ 'foo-format': 'x' }, { command: 'restore' }), [])
    assert.throws(() => check({ 'foo-format': 'x' }), { message: '--foo-format only applies with --db=foo' })
  })

  it('refuse a source setting that the engine does not know, and ignore it in the environment', () => {
    assert.throws(() => check({ db: 'lite', host: 'h' }), {
      code: 'USAGE',
      message: '--host does not apply to --db=lite, whose databases are files: name one with --database',
    })
    assert.throws(() => check({ db: 'foo', 'password-file': 'p' }), {
      message: '--password-file does not apply to --db=foo',
    })
    assert.deepEqual(check({ db: 'lite' }, { values: { db: 'lite', host: 'h', password: 'p' } }), ['host', 'password'])
  })

  it('name the known schemes when an address has another', () => {
    assert.throws(() => registry.storageOf('s9'), {
      code: 'PLUGIN_NOT_FOUND',
      message: 's9:// is not an address of any installed plugin (installed: file://, bar://)',
    })
    assert.equal(registry.storageOf('bar').descriptor.name, 'bar')
  })
})
