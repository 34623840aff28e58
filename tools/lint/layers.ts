/**
 * Fails when an import goes up. What each folder of `src` may import stands in the table, so a new folder has to be
 * given its place; `node tools/lint/layers.ts [root]`.
 */
import { fileURLToPath } from 'node:url'
import { type Import, importsOf } from './imports.ts'

interface Allowed {
  readonly values: readonly string[]
  /** Further folders of which only types may be imported. */
  readonly types?: readonly string[]
}

const base = ['contract', 'errors']
const lower = [...base, 'host', 'tool.ts']
const middle = ['pipeline', 'catalog', 'retention', 'registry', 'storage']

const LAYERS: Readonly<Record<string, Allowed>> = {
  errors: { values: [] },
  contract: { values: [], types: ['errors'] },
  'tool.ts': { values: [] },
  host: { values: base },
  registry: { values: lower },
  retention: { values: lower },
  pipeline: { values: lower },
  catalog: { values: lower },
  storage: { values: lower },
  testing: { values: [...lower, 'storage'] },
  operations: { values: [...lower, ...middle] },
  render: { values: base, types: ['operations', 'catalog'] },
  cli: { values: [...lower, ...middle, 'operations', 'render'] },
  commands: { values: [...lower, ...middle, 'operations', 'render', 'cli'] },
  hooks: { values: ['cli', 'registry'] },
  'index.ts': { values: [...lower, ...middle, 'operations'] },
}

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url))
const complaints: string[] = []
for await (const one of importsOf(root, ['src', 'plugins/*/src', 'plugins/*/test'])) {
  const complaint = one.file.startsWith('src/') ? inCore(one) : inPlugin(one)
  if (complaint !== undefined) complaints.push(`${one.file}:${one.line}: ${complaint}`)
}
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exitCode = 1

function inCore({ file, resolved, specifier, typeOnly }: Import): string | undefined {
  if (resolved === undefined) {
    const ofPlugin = /^(@dbvault\/|dbvault(\/|$))/.test(specifier)
    return ofPlugin ? `the core finds plugins when it runs and imports none (${specifier})` : undefined
  }
  const from = layerOf(file)
  const to = layerOf(resolved)
  if (from === to && to !== undefined) return undefined
  const allowed = from === undefined ? undefined : LAYERS[from]
  if (allowed === undefined) return `${from ?? file} has no place among the layers; give it one in tools/lint/layers.ts`
  if (to !== undefined && allowed.values.includes(to)) return undefined
  if (to !== undefined && allowed.types?.includes(to)) {
    return typeOnly ? undefined : `${from} may import only types from ${to} (${specifier})`
  }
  return `${from} must not import ${to ?? resolved} (${specifier})`
}

/** The folder below `src`, or the file that stands in `src` itself. Undefined outside. */
function layerOf(file: string): string | undefined {
  const [top, layer] = file.split('/')
  return top === 'src' ? layer : undefined
}

/**
 * A runtime import of `dbvault` would make npm install a second copy of the whole program beside each plugin. Its tests
 * may use the servers and programs of this repository's tests.
 */
function inPlugin({ file, resolved, specifier, typeOnly }: Import): string | undefined {
  const own = file.split('/').slice(0, 2).join('/')
  if (resolved !== undefined) {
    const ours = resolved.startsWith(`${own}/`) || (file.startsWith(`${own}/test/`) && resolved.startsWith('test/'))
    return ours ? undefined : `a plugin must not reach outside its package (${specifier})`
  }
  if (specifier === 'dbvault') return typeOnly ? undefined : 'a plugin may import only types from dbvault'
  if (specifier === 'dbvault/testing' && file.startsWith(`${own}/test/`)) return undefined
  return specifier.startsWith('dbvault/') ? `${specifier} is not for a plugin's source` : undefined
}
