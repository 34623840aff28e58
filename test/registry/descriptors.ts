import type { InstalledPlugin } from '../../src/registry/discover.ts'

/** A sound engine descriptor, with some of its fields replaced. */
export function engine(fields: object = {}): Record<string, unknown> {
  return {
    contract: 1,
    kind: 'engine',
    name: 'foo',
    summary: 'Foo databases',
    module: './index.js',
    source: { database: 'name', settings: ['host', 'port'] },
    formats: [{ id: 'foo-text', extension: 'foo' }],
    flags: {},
    ...fields,
  }
}

/** A sound storage descriptor, with some of its fields replaced. */
export function storage(fields: object = {}): Record<string, unknown> {
  return {
    contract: 1,
    kind: 'storage',
    name: 'bar',
    summary: 'Bar buckets',
    module: './index.js',
    schemes: ['bar'],
    flags: {},
    ...fields,
  }
}

export function installed(name: string, dbvault: unknown, type = 'user'): InstalledPlugin {
  return { name, type, root: `/plugins/${name}`, version: '1.0.0', pjson: { name, dbvault } }
}
