import { ArchiveError } from './archive-error.ts'
import type { ByteReader } from './byte-reader.ts'

/** What stands before the data of an archive in custom format. */
export interface TableOfContents {
  /** 1.14 is 114. */
  readonly version: number
  readonly database: string
  /** Of the server that was dumped, such as `15.18 (Debian 15.18-0+deb12u1)`. */
  readonly serverVersion: string
  readonly dumpVersion: string
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly id: number
  /** `TABLE`, `TABLE DATA`, `EXTENSION`, … */
  readonly kind: string
  readonly name: string
  readonly schema: string
  readonly owner: string
  readonly definition: string
  /** Whether a block of data follows for it. */
  readonly hasData: boolean
}

const MAGIC = 'PGDMP'
const CUSTOM = 1
const NEWEST = 116
const NO_DATA = 3
const MOST_ENTRIES = 50_000_000

/**
 * Reads the head of what `pg_dump --format=custom` writes, version 1.10 (PostgreSQL 8.4) to 1.16 (17 and 18).
 * The layout is that of `ReadHead` and `ReadToc` in src/bin/pg_dump/pg_backup_archiver.c of PostgreSQL.
 * @throws ArchiveError
 */
export async function readTableOfContents(reader: ByteReader): Promise<TableOfContents> {
  if ((await reader.bytes(MAGIC.length)).toString('latin1') !== MAGIC)
    throw new ArchiveError('it does not begin like one')
  const [major = 0, minor = 0] = await reader.bytes(3)
  const version = major * 100 + minor
  if (version < 110 || version > NEWEST) {
    throw new ArchiveError(`its version, ${major}.${minor}, is none that is known here`)
  }
  reader.intSize = await reader.byte()
  reader.offsetSize = await reader.byte()
  if (![4, 8].includes(reader.intSize) || reader.offsetSize !== 8) throw new ArchiveError('its numbers have odd sizes')
  if ((await reader.byte()) !== CUSTOM) throw new ArchiveError('it is not in custom format')
  if (version >= 115) await reader.byte()
  else await reader.int()
  for (let field = 0; field < 7; field++) await reader.int() // when it was made
  const database = (await reader.text()) ?? ''
  const serverVersion = (await reader.text()) ?? ''
  const dumpVersion = (await reader.text()) ?? ''
  const count = await reader.int()
  if (count < 0 || count > MOST_ENTRIES) throw new ArchiveError('the number of its entries cannot be true')
  const entries: Entry[] = []
  for (let entry = 0; entry < count; entry++) entries.push(await readEntry(reader, version))
  return { version, database, serverVersion, dumpVersion, entries }
}

async function readEntry(reader: ByteReader, version: number): Promise<Entry> {
  const id = await reader.int()
  const hasDumper = (await reader.int()) !== 0
  await reader.text() // oid of its catalog
  await reader.text() // its oid
  const name = (await reader.text()) ?? ''
  const kind = (await reader.text()) ?? ''
  if (version >= 111) await reader.int() // section
  const definition = (await reader.text()) ?? ''
  await reader.text() // how to drop it
  await reader.text() // how to copy its data
  const schema = (await reader.text()) ?? ''
  await reader.text() // tablespace
  if (version >= 114) await reader.text() // access method
  if (version >= 116) await reader.int() // kind of relation
  const owner = (await reader.text()) ?? ''
  await reader.text() // once: with oids
  for (let dependency = await reader.text(); dependency !== null;) dependency = await reader.text()
  const state = await reader.byte()
  await reader.bytes(reader.offsetSize)
  return { id, kind, name, schema, owner, definition, hasData: hasDumper && state !== NO_DATA }
}

/** `15.18 (Debian …)` and `18beta1` are 15 and 18. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}
