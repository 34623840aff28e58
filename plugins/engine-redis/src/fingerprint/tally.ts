import { Hash, hex, type Sum } from '../rdb/hash.ts'
import type { RdbKey, RdbValue, RdbVisitor } from '../rdb/rdb-walk.ts'
import { KINDS, type Kind, type StreamDetail } from '../rdb/kinds.ts'
import { hashWhole } from '../rdb/text-digest.ts'
import { SCHEME, type KindOfKeys, type RedisFingerprint } from './fingerprint.ts'

interface Row extends Sum {
  keys: number
  expiring: number
  elements: number
}

/** Adds up what passes by into a fingerprint. Several files can be added to one. */
export class Tally implements RdbVisitor {
  readonly #rows = new Map<number, Map<Kind, Row>>()
  /** By digest: every node of a cluster has the same libraries. */
  readonly #libraries = new Map<string, Sum>()
  readonly #only: number | undefined
  #database = -1
  #row: Map<Kind, Row> = new Map()

  /** @param only the one logical database that counts */
  constructor(only?: number) {
    this.#only = only
  }

  library(code: Buffer): void {
    if (this.#only !== undefined) return
    const hash = new Hash()
    hashWhole(hash, code, 0, code.length)
    this.#libraries.set(hex(hash), { a: hash.a, b: hash.b })
  }

  value({ database, expires }: RdbKey, { kind, elements, hash }: RdbValue): void {
    if (this.#only !== undefined && database !== this.#only) return
    if (database !== this.#database) this.#enter(database)
    let row = this.#row.get(kind)
    if (row === undefined) this.#row.set(kind, (row = { keys: 0, expiring: 0, elements: 0, a: 0, b: 0 }))
    row.keys++
    if (expires !== undefined) row.expiring++
    row.elements += elements
    hash.addTo(row)
  }

  /** How many keys of each database there were, and how many of them expire. */
  sizes(): Map<number, { keys: number; expiring: number }> {
    const add = (rows: Map<Kind, Row>, of: 'keys' | 'expiring'): number =>
      [...rows.values()].reduce((sum, row) => sum + row[of], 0)
    return new Map(
      [...this.#rows].map(([database, rows]) => [
        database,
        { keys: add(rows, 'keys'), expiring: add(rows, 'expiring') },
      ]),
    )
  }

  /** Adds what another one has added up. */
  merge(other: Tally): void {
    for (const [digest, sum] of other.#libraries) this.#libraries.set(digest, sum)
    for (const [database, rows] of other.#rows) {
      this.#enter(database)
      for (const [kind, row] of rows) {
        const mine = this.#row.get(kind)
        if (mine === undefined) this.#row.set(kind, { ...row })
        else {
          mine.keys += row.keys
          mine.expiring += row.expiring
          mine.elements += row.elements
          mine.a = (mine.a + row.a) | 0
          mine.b = (mine.b + row.b) | 0
        }
      }
    }
  }

  fingerprint(streams: StreamDetail, counted: boolean): RedisFingerprint {
    const databases: Record<string, Record<string, KindOfKeys>> = {}
    for (const [database, rows] of [...this.#rows].sort(([a], [b]) => a - b)) {
      const kinds: Record<string, KindOfKeys> = (databases[database] = {})
      for (const kind of KINDS) {
        const row = rows.get(kind)
        if (row === undefined) continue
        const { keys, expiring, elements } = row
        kinds[kind] = { keys, expiring, elements, digest: hex(row) }
      }
    }
    const sum: Sum = { a: 0, b: 0 }
    for (const { a, b } of this.#libraries.values()) {
      sum.a = (sum.a + a) | 0
      sum.b = (sum.b + b) | 0
    }
    return {
      scheme: SCHEME,
      streams,
      ...(this.#only !== undefined && { database: this.#only }),
      databases,
      functions: { libraries: this.#libraries.size, digest: hex(sum) },
      counted,
    }
  }

  #enter(database: number): void {
    this.#database = database
    const known = this.#rows.get(database)
    if (known) this.#row = known
    else this.#rows.set(database, (this.#row = new Map()))
  }
}
