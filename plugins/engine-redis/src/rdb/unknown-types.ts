import { unknown } from './rdb-error.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Nine letters of six bits, and a version. */
export function moduleName(high: number, low: number): string {
  const id = (BigInt(high) << 32n) | BigInt(low)
  return Array.from({ length: 9 }, (_, place) => LETTERS[Number((id >> BigInt(58 - 6 * place)) & 63n)]).join('')
}

const LATER: Readonly<Record<number, string>> = {
  22: 'hash with times of a release candidate',
  23: 'hash with times of a release candidate',
  26: 'stream of Redis 8.6',
  27: 'stream of Redis 8.8',
  28: 'array of Redis 8.8',
}

export function unknownType(type: number): never {
  const name = LATER[type]
  return unknown(`A value of the type ${type}${name === undefined ? '' : ` (${name})`}`)
}
