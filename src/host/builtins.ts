/**
 * What every line of code in the process relies on. Not here: what libraries are known to wrap with care, such as
 * `process.emit` and `console`, and what {@link ./confinement.ts} keeps for itself.
 */
const SHARED: Readonly<Record<string, object>> = {
  'Object.prototype': Object.prototype,
  'Function.prototype': Function.prototype,
  'Array.prototype': Array.prototype,
  'String.prototype': String.prototype,
  'RegExp.prototype': RegExp.prototype,
  'Map.prototype': Map.prototype,
  'Set.prototype': Set.prototype,
  'Promise.prototype': Promise.prototype,
  'Uint8Array.prototype': Uint8Array.prototype,
  'Buffer.prototype': Buffer.prototype,
  Object,
  Array,
  Promise,
  Buffer,
  JSON,
  Math,
}
const OF_PROCESS = ['on', 'once', 'off', 'addListener', 'removeListener', 'listeners', 'nextTick', 'kill', 'cwd']

interface Kept {
  readonly name: string
  readonly owner: object
  readonly key: PropertyKey
  readonly was: PropertyDescriptor | undefined
}

/** The functions as they are now. */
export function keepBuiltins(): readonly Kept[] {
  const all = Object.entries(SHARED).flatMap(([name, owner]) =>
    Reflect.ownKeys(owner).map((key) => keep(`${name}.${String(key)}`, owner, key)),
  )
  const functions = all.filter(({ was }) => typeof was?.value === 'function' || was?.get !== undefined)
  return [...functions, ...OF_PROCESS.map((key) => keep(`process.${key}`, process, key))]
}

/**
 * Puts back what is another one now, takes out what shows in every `for … in`, and names all that. New functions, which
 * fill in for what an older engine lacks, stay.
 */
export function putBuiltinsBack(kept: readonly Kept[]): readonly string[] {
  const changed = kept.filter(({ owner, key, was }) => !isSame(was, descriptorOf(owner, key)))
  for (const { owner, key, was } of changed) {
    if (was) Reflect.defineProperty(owner, key, was)
    else Reflect.deleteProperty(owner, key)
  }
  const added = Object.keys(Object.prototype)
  for (const key of added) Reflect.deleteProperty(Object.prototype, key)
  return [...changed.map(({ name }) => name), ...added.map((key) => `Object.prototype.${key}`)]
}

const keep = (name: string, owner: object, key: PropertyKey): Kept => ({
  name,
  owner,
  key,
  was: descriptorOf(owner, key),
})

const descriptorOf = (owner: object, key: PropertyKey): PropertyDescriptor | undefined =>
  Reflect.getOwnPropertyDescriptor(owner, key)

function isSame(one: PropertyDescriptor | undefined, other: PropertyDescriptor | undefined): boolean {
  return one?.value === other?.value && one?.get === other?.get && one?.set === other?.set
}
