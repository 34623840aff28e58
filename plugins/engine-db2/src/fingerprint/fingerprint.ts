import type { Fingerprint } from 'dbvault'

export const SCHEME = 'db2-rows-1'

/** What is counted of a database and compared after a restore. */
export interface Db2Fingerprint extends Fingerprint {
  readonly scheme: typeof SCHEME
  /** Whether rows were digested as well as counted: the server has had the function for it since version 11. */
  readonly digested: boolean
  readonly tables: readonly TablePrint[]
  /** Views, indexes and the like, by kind: how many there are. */
  readonly objects: { readonly [kind: string]: number }
}

/** A type, not an interface: it has to be JSON. */
export type TablePrint = {
  readonly name: string
  readonly columns: number
  /** Absent of a table that was written to while an online backup was made: its rows in the image are of no known moment. */
  readonly rows?: string
  readonly digest?: string
}

export function asDb2Fingerprint(fingerprint: Fingerprint): Db2Fingerprint | undefined {
  const { scheme, tables, objects } = fingerprint
  const sound = scheme === SCHEME && Array.isArray(tables) && typeof objects === 'object' && objects !== null
  return sound ? (fingerprint as Db2Fingerprint) : undefined
}

/** For people: how much was compared. */
export function counts({ tables, objects }: Db2Fingerprint): Record<string, number> {
  const read = tables.filter(({ rows }) => rows !== undefined)
  const moving = tables.length - read.length
  return {
    tables: read.length,
    rows: read.reduce((sum, { rows }) => sum + Number(rows), 0),
    objects: Object.values(objects).reduce((sum, count) => sum + count, 0),
    ...(moving > 0 ? { 'tables not compared': moving } : {}),
  }
}

/**
 * Of a database that others write to while it is backed up: only what was the same before and after was the same in
 * between, and so in the image.
 */
export function steadyOf(before: Db2Fingerprint, after: Db2Fingerprint): Db2Fingerprint {
  const later = new Map(after.tables.map((table) => [table.name, table]))
  const tables = before.tables.flatMap(({ name, columns, rows, digest }): TablePrint[] => {
    const found = later.get(name)
    // Made, dropped or altered meanwhile: in the image it may be either.
    if (found?.columns !== columns) return []
    const same = found.rows === rows && found.digest === digest
    return [same ? found : { name, columns }]
  })
  const objects = Object.entries(before.objects).filter(([kind, count]) => after.objects[kind] === count)
  return { ...before, tables, objects: Object.fromEntries(objects) }
}
