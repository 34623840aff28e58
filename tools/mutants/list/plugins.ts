import type { Mutant } from '../mutant.ts'

const DESCRIPTOR = 'test/registry/descriptor.test.ts'

export const PLUGINS: readonly Mutant[] = [
  {
    name: 'a plugin of another contract is accepted',
    file: 'src/registry/descriptor.ts',
    find: "if (descriptor['contract'] !== CONTRACT)",
    replace: "if (typeof descriptor['contract'] !== typeof CONTRACT)",
    killedBy: { file: DESCRIPTOR, title: 'is refused with another contract' },
  },
  {
    name: 'a plugin may have a template in its texts',
    file: 'src/registry/shape.ts',
    find: "if (raw.includes('<%'))",
    replace: "if (raw.includes('<%%'))",
    killedBy: { file: DESCRIPTOR, title: 'is refused with a template tag in the summary' },
  },
  {
    name: 'a plugin may redraw the help of others',
    file: 'src/registry/shape.ts',
    find: '0000-\\u001f',
    replace: '0000-\\u0001',
    killedBy: { file: DESCRIPTOR, title: 'is refused with an escape sequence in the summary' },
  },
  {
    name: 'a plugin may aim the import outside of its package',
    file: 'src/registry/descriptor.ts',
    find: "if (path.split('/').includes('..'))",
    replace: "if (path.split('/').includes('...'))",
    killedBy: { file: DESCRIPTOR, title: 'is refused with a module outside of the package' },
  },
  {
    name: 'a plugin may take a flag of the core',
    file: 'src/registry/discover.ts',
    find: 'if (owner !== undefined) fail(',
    replace: "if (owner !== undefined && owner !== 'dbvault') fail(",
    killedBy: { file: 'test/registry/discover.test.ts', title: 'refuses a flag that belongs to the core' },
  },
  {
    name: 'a plugin may take the name of another',
    file: 'src/registry/discover.ts',
    find: '  if (namesake) {\n',
    replace: '  if (namesake && name === "") {\n',
    killedBy: { file: 'test/registry/discover.test.ts', title: 'refuses an engine and a storage of one name' },
  },
  {
    name: 'a module may be another than its descriptor says',
    file: 'src/registry/load.ts',
    find: "if (!isDeepStrictEqual(plainJson(Reflect.get(plugin, 'descriptor')), descriptor)) {",
    replace: "if (!isDeepStrictEqual(typeof plainJson(Reflect.get(plugin, 'descriptor')), typeof descriptor)) {",
    killedBy: { file: 'test/cli/plugin-safety.test.ts', title: 'has another descriptor than its package.json' },
  },
  {
    name: 'a plugin that hangs is waited for for ever',
    file: 'src/registry/patience.ts',
    find: 'if (error) giveUp(error)',
    replace: 'if (error && this.#graceMs < 0) giveUp(error)',
    killedBy: { file: 'test/cli/hanging-plugins.test.ts', title: 'in probe is given up' },
  },
  {
    name: 'a storage is given up for an engine that hangs',
    file: 'src/registry/patience.ts',
    find: 'const STORAGE_TIMES = 2',
    replace: 'const STORAGE_TIMES = 1',
    killedBy: { file: 'test/cli/hanging-plugins.test.ts', title: 'in the middle of its dump is given up' },
  },
  {
    name: 'a plugin may change what all code relies on',
    file: 'src/registry/load.ts',
    find: 'if (changed.length > 0) {',
    replace: 'if (changed.length > 999) {',
    killedBy: { file: 'test/cli/hostile-plugins.test.ts', title: 'is refused when it changes Array.prototype.map' },
  },
  {
    name: 'a flag that a plugin requires may be absent',
    file: 'src/registry/relations.ts',
    find: 'if (missing.length > 0) throw',
    replace: 'if (missing.length > 9) throw',
    killedBy: { file: 'test/registry/relations.test.ts', title: 'name every missing flag' },
  },
]
