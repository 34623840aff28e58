import type { Session } from './session.ts'

export type Vendor = 'MariaDB' | 'MySQL'

export interface Facts {
  readonly vendor: Vendor
  /** Such as `10.11.19`. */
  readonly version: string
  readonly binaryLog: boolean
  readonly readOnly: boolean
  readonly lowerCaseTableNames: number
}

export async function factsOf(session: Session): Promise<Facts> {
  const [row] = await session.rows(
    `SELECT VERSION() v, @@version_comment c, @@log_bin b, @@read_only r, @@lower_case_table_names l`,
  )
  const text = String(row?.['v'])
  return {
    vendor: /mariadb/i.test(`${text} ${String(row?.['c'])}`) ? 'MariaDB' : 'MySQL',
    // Old MariaDB servers put 5.5.5- before it, for clients that know MySQL only.
    version: /\d+\.\d+\.\d+/.exec(text.replace(/^5\.5\.5-(?=1)/, ''))?.[0] ?? text,
    binaryLog: Number(row?.['b']) === 1,
    readOnly: Number(row?.['r']) === 1,
    lowerCaseTableNames: Number(row?.['l']),
  }
}

/** The part of a version within which definitions are written in one way: `10.11` of MariaDB, `8.0` of MySQL. */
export function series(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

/** Below zero if `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number))
  for (let place = 0; place < 3; place++) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
