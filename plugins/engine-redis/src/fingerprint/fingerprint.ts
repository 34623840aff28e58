import type { Fingerprint } from 'dbvault'
import { KINDS, type Kind, type StreamDetail } from '../rdb/kinds.ts'

export const SCHEME = 'redis-keys-1'

/**
 * What a snapshot holds. Keys of one kind in one logical database are counted, and the digests of their names, expiries and
 * values added up, so that neither order nor encoding matters, and the parts of a cluster add up to the whole.
 */
export interface RedisFingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  /** How much of streams is digested; see `StreamDetail`. */
  readonly streams: StreamDetail
  /** Absent: everything. Otherwise the one logical database that was dumped. */
  readonly database?: number
  /** By number. Empty ones are left out. */
  readonly databases: { readonly [database: string]: { readonly [kind: string]: KindOfKeys } }
  readonly functions: { readonly libraries: number; readonly digest: string }
  /** Whether the source's own count of keys, of that very moment, was seen to be the same. */
  readonly counted: boolean
}

export interface KindOfKeys {
  readonly keys: number
  /** Of these, how many expire at some time. */
  readonly expiring: number
  readonly elements: number
  readonly digest: string
  readonly [detail: string]: number | string
}

/** Undefined when it is not one of ours. */
export function asRedisFingerprint(fingerprint: Fingerprint): RedisFingerprint | undefined {
  return fingerprint.scheme === SCHEME ? (fingerprint as RedisFingerprint) : undefined
}

/** For people: how much was compared. */
export function counts({ databases, functions }: RedisFingerprint): Record<string, number> {
  const all = Object.values(databases).flatMap((kinds) => Object.values(kinds))
  const sum = (of: 'keys' | 'elements' | 'expiring'): number => all.reduce((total, kind) => total + kind[of], 0)
  return {
    databases: Object.keys(databases).length,
    keys: sum('keys'),
    elements: sum('elements'),
    expiring: sum('expiring'),
    ...(functions.libraries > 0 && { libraries: functions.libraries }),
  }
}

const MOST = 20

/** What differs, one line each; nothing of keys or values. */
export function differences(wanted: RedisFingerprint, found: RedisFingerprint): string[] {
  const lines: string[] = []
  const databases = new Set([...Object.keys(wanted.databases), ...Object.keys(found.databases)])
  for (const database of [...databases].sort((a, b) => Number(a) - Number(b))) {
    for (const kind of KINDS) {
      const one = wanted.databases[database]?.[kind] ?? NONE
      const other = found.databases[database]?.[kind] ?? NONE
      const what = difference(one, other, kind)
      if (what !== undefined) lines.push(`database ${database}: ${what}`)
    }
  }
  const { functions } = wanted
  if (functions.libraries !== found.functions.libraries || functions.digest !== found.functions.digest) {
    lines.push(`functions: ${functions.libraries} libraries were dumped, and ${found.functions.libraries} are here`)
  }
  return lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : lines
}

const NONE: KindOfKeys = { keys: 0, expiring: 0, elements: 0, digest: '' }

function difference(wanted: KindOfKeys, found: KindOfKeys, kind: Kind): string | undefined {
  const name = {
    string: 'strings',
    list: 'lists',
    set: 'sets',
    hash: 'hashes',
    zset: 'sorted sets',
    stream: 'streams',
  }[kind]
  if (wanted.keys !== found.keys) return `${wanted.keys} ${name} were dumped, and ${found.keys} are here`
  if (wanted.expiring !== found.expiring) return `of ${name} ${wanted.expiring} expired, and ${found.expiring} do here`
  if (wanted.elements !== found.elements) {
    return `${name} had ${wanted.elements} elements, and have ${found.elements} here`
  }
  if (wanted.digest !== found.digest) return `${wanted.keys} ${name} have another content`
  return undefined
}
