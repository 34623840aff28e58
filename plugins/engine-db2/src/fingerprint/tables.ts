import type { Host } from 'dbvault'
import { rowsOf, type Transcript } from '../clp/transcript.ts'
import type { Facts } from '../instance/facts.ts'

/** A table of the user's, as the catalog has it. */
export interface Table {
  readonly schema: string
  readonly name: string
  readonly columns: readonly Column[]
}

export interface Column {
  readonly name: string
  /** A built-in type, or undefined for one that a user has defined. */
  readonly type: string | undefined
}

/** Schemas that begin with SYS are the server's own, and change by themselves. */
const OF_USER = (schema: string): string => `${schema} NOT LIKE 'SYS%'`

/** Names as hexadecimal digits: whatever characters they have, they cannot break a line. */
const ANSWER = (...parts: readonly string[]): string =>
  `SELECT 'dbv|${parts[0]}|' || ${parts.slice(1).join(" || '|' || ")}`

const OBJECTS = {
  views: `FROM SYSCAT.VIEWS WHERE ${OF_USER('VIEWSCHEMA')}`,
  indexes: `FROM SYSCAT.INDEXES WHERE ${OF_USER('TABSCHEMA')}`,
  triggers: `FROM SYSCAT.TRIGGERS WHERE ${OF_USER('TRIGSCHEMA')}`,
  routines: `FROM SYSCAT.ROUTINES WHERE ${OF_USER('ROUTINESCHEMA')}`,
  sequences: `FROM SYSCAT.SEQUENCES WHERE ${OF_USER('SEQSCHEMA')}`,
  constraints: `FROM SYSCAT.TABCONST WHERE ${OF_USER('TABSCHEMA')}`,
  types: `FROM SYSCAT.DATATYPES WHERE ${OF_USER('TYPESCHEMA')}`,
} as const

/** Asks for tables, their columns in order, and counts of everything else. */
export const CATALOG_STATEMENTS: readonly string[] = [
  `${ANSWER('column', 'HEX(RTRIM(C.TABSCHEMA))', 'HEX(C.TABNAME)', 'HEX(C.COLNAME)', "CASE C.TYPESCHEMA WHEN 'SYSIBM' THEN C.TYPENAME ELSE '' END")} \
FROM SYSCAT.COLUMNS C JOIN SYSCAT.TABLES T ON T.TABSCHEMA = C.TABSCHEMA AND T.TABNAME = C.TABNAME \
WHERE T.TYPE IN ('T', 'S') AND ${OF_USER('C.TABSCHEMA')} ORDER BY C.TABSCHEMA, C.TABNAME, C.COLNO`,
  ...Object.entries(OBJECTS).map(([kind, from]) => `${ANSWER('objects', `'${kind}'`, 'VARCHAR(COUNT(*))')} ${from}`),
]

export interface Catalog {
  readonly tables: readonly Table[]
  readonly objects: Readonly<Record<string, number>>
}

/** @throws DUMP_FAILED when a name is in an alphabet that cannot be read here */
export function catalogOf(transcript: Transcript, { codeset }: Pick<Facts, 'codeset'>, host: Host): Catalog {
  const text = (hex: string): string => decode(hex, codeset, host)
  const tables = new Map<string, { schema: string; name: string; columns: Column[] }>()
  const objects: Record<string, number> = {}
  for (const [kind, ...rest] of rowsOf(transcript)) {
    const [first = '', second = '', third = '', type = ''] = rest
    if (kind === 'objects') objects[first] = Number(second)
    if (kind !== 'column') continue
    const key = `${first}.${second}`
    const table = tables.get(key) ?? { schema: text(first), name: text(second), columns: [] }
    table.columns.push({ name: text(third), type: type.trim() === '' ? undefined : type.trim() })
    tables.set(key, table)
  }
  return { tables: [...tables.values()], objects }
}

function decode(hex: string, codeset: string, host: Host): string {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.every((byte) => byte < 0x80)) return bytes.toString('latin1')
  try {
    return new TextDecoder(codeset, { fatal: true }).decode(bytes)
  } catch (error) {
    throw host.error('DUMP_FAILED', `A name of a table or column in the code set ${codeset} cannot be read`, {
      hints: ['Back up without comparing rows: --prove check'],
      cause: error,
    })
  }
}
