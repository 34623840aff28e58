/** JSON that was read from a file of somebody else. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What is wrong with a descriptor, and in which field. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

export function fail(at: string, what: string): never {
  throw new ShapeError(`"${at}" ${what}`)
}

export function object(raw: Json | undefined, at: string): { readonly [key: string]: Json } {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw
  return fail(at, 'must be an object')
}

/** A misspelt key would otherwise be ignored, and its author would look for the fault elsewhere. */
export function knownKeys(raw: object, keys: readonly string[], at: string): void {
  const unknown = Object.keys(raw).find((key) => !keys.includes(key))
  if (unknown !== undefined) fail(`${at}.${unknown}`, 'is not known here')
}

export function list<T>(raw: Json, item: (raw: Json, at: string) => T, at: string): readonly T[] {
  if (!Array.isArray(raw) || raw.length === 0 || raw.length > 64) return fail(at, 'must be a list of 1 to 64 values')
  return raw.map((value, index) => item(value, `${at}[${index}]`))
}

export function isOneOf<T>(value: unknown, values: readonly T[]): value is T {
  return values.some((known) => known === value)
}

export function oneOf<T extends string | number>(raw: Json | undefined, values: readonly T[], at: string): T {
  if (isOneOf(raw, values)) return raw
  return fail(at, `must be ${values.map((value) => JSON.stringify(value)).join(' or ')}`)
}

export function yesOrNo(raw: Json, at: string): boolean {
  return typeof raw === 'boolean' ? raw : fail(at, 'must be true or false')
}

export function integer(raw: Json, at: string): number {
  return typeof raw === 'number' && Number.isSafeInteger(raw) ? raw : fail(at, 'must be a whole number')
}

export function matching(raw: Json | undefined, pattern: RegExp, at: string, what: string): string {
  return typeof raw === 'string' && raw.length <= 100 && pattern.test(raw) ? raw : fail(at, `must be ${what}`)
}

/** Lower case, digits and single dashes, starting with a letter. */
const KEBAB_CASE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

export function kebabCase(raw: Json | undefined, at: string): string {
  return matching(raw, KEBAB_CASE, at, 'lower-case words joined by single dashes, such as "my-name"')
}

/** `no-` is how a yes-or-no flag is turned off, so no flag may start with it. */
export function flagName(raw: string, at: string): string {
  return raw.startsWith('no-') ? fail(at, 'must not start with "no-"') : kebabCase(raw, at)
}

/** oclif renders help with EJS: one `<%` in a text of one plugin would break the help of everything. */
export function plainText(raw: Json | undefined, at: string): string {
  if (typeof raw !== 'string' || raw.trim() === '') return fail(at, 'must be a text')
  if (raw.length > 300) return fail(at, 'must not be longer than 300 characters')
  if (raw.includes('<%')) return fail(at, 'must not hold a template tag ("<%")')
  // A newline, or an escape sequence of a terminal, would let one plugin redraw the help of the others.
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(raw))
    return fail(at, 'must be one line without control characters')
  return raw
}

export function optional<T>(raw: Json | undefined, check: (raw: Json, at: string) => T, at: string): T | undefined {
  return raw === undefined ? undefined : check(raw, at)
}
