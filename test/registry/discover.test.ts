import assert from 'node:assert/strict'
import { discover, type InstalledPlugin } from '../../src/registry/discover.ts'
import { engine, installed, storage } from './descriptors.ts'

const surroundings = { coreFlags: new Set(['db', 'retry-min']), bundled: new Set(['@dbvault/engine-foo']) }
const text = { type: 'string', summary: 'A text.' }

function names(plugins: readonly InstalledPlugin[]): { used: string[]; problems: string[] } {
  const { contributions, problems } = discover(plugins, surroundings)
  return {
    used: contributions.map((found) => `${found.descriptor.name} of ${found.package}`),
    problems: problems.map((problem) => `${problem.package}: ${problem.message}`),
  }
}

describe('discover', () => {
  it('finds engines and storages, ordered by name, and passes over plugins that are neither', () => {
    const plugins = [installed('z', engine()), installed('help', undefined), installed('a', storage())]
    assert.deepEqual(names(plugins), { used: ['bar of a', 'foo of z'], problems: [] })
  })

  it('gives a name to what comes with dbvault, then to a linked plugin, then to the first by package name', () => {
    const bundled = installed('@dbvault/engine-foo', engine(), 'core')
    const linked = installed('linked', engine(), 'link')
    const other = installed('0other', engine())
    const third = installed('third', engine())
    assert.deepEqual(names([third, linked, bundled]).used, ['foo of @dbvault/engine-foo'])
    assert.deepEqual(names([third, other, linked]).used, ['foo of linked'])
    assert.deepEqual(names([third, other]), {
      used: ['foo of 0other'],
      problems: ['third: "dbvault.name" is "foo", and 0other already provides the engine of that name'],
    })
  })

  it('counts a user install of a bundled package as the bundled one', () => {
    const replaced = installed('@dbvault/engine-foo', engine())
    assert.deepEqual(names([installed('a', engine(), 'link'), replaced]).used, ['foo of @dbvault/engine-foo'])
  })

  it('refuses an engine and a storage of one name', () => {
    assert.match(
      names([installed('a', engine()), installed('b', storage({ name: 'foo' }))]).problems[0] ?? '',
      /^b: .*the engine of that name/,
    )
  })

  it('refuses a flag that belongs to the core, to oclif or to another plugin', () => {
    const clash = installed('a', engine({ name: 'retry', flags: { min: text } }))
    assert.deepEqual(names([clash]).problems, [
      'a: "dbvault.flags.min" makes the flag --retry-min, which belongs to dbvault',
    ])
    const folder = installed('a', engine({ name: 'data', flags: { dir: text } }))
    assert.match(names([folder]).problems[0] ?? '', /--data-dir, which belongs to dbvault/)
    const first = installed('a', engine({ name: 'a', flags: { 'b-c': text } }))
    const second = installed('b', storage({ name: 'a-b', flags: { c: text } }))
    assert.deepEqual(names([second, first]).problems, [
      'b: "dbvault.flags.c" makes the flag --a-b-c, which belongs to a',
    ])
  })

  it('refuses a scheme that another storage has', () => {
    const plugins = [installed('a', storage()), installed('b', storage({ name: 'baz' }))]
    assert.deepEqual(names(plugins).problems, ['b: "dbvault.schemes" claims bar://, which belongs to a'])
  })

  it('reports a package whose fields throw, and goes on with the others', () => {
    const hostile: InstalledPlugin = {
      ...installed('hostile', undefined),
      pjson: Object.defineProperty({}, 'dbvault', {
        get: () => {
          throw new Error('boo')
        },
      }),
    }
    assert.deepEqual(names([hostile, installed('z', engine())]), { used: ['foo of z'], problems: ['hostile: boo'] })
  })
})
