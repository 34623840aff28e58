import { qualified } from '../server/identifier.ts'
import type { Session } from '../server/session.ts'
import type { Position, SequenceEntry } from './fingerprint.ts'
import { notOfExtension, OF_USER } from './user-objects.ts'

/** Positions of sequences at one time, by schema and name. */
export type SequencesSeen = ReadonlyMap<string, Seen>

interface Seen {
  readonly schema: string
  readonly name: string
  readonly increment: string
  readonly cycles: boolean
  readonly position: Position
}

const AT_ONCE = 100

/** Sequences stand outside of transactions: this reads where they are now, all or those that cycle. */
export async function readSequences(session: Session, which: 'all' | 'cycling' = 'all'): Promise<SequencesSeen> {
  const known = await session.rows<{ schema: string; name: string; increment: string; cycles: boolean }>(`
    SELECT n.nspname AS schema, c.relname AS name, s.seqincrement::text AS increment, s.seqcycle AS cycles
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE ${which === 'all' ? 'true' : 's.seqcycle'} AND c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')} ORDER BY 1, 2`)
  const seen = new Map<string, Seen>()
  for (let from = 0; from < known.length; from += AT_ONCE) {
    const some = known.slice(from, from + AT_ONCE)
    const positions = await session.rowsUnlocked<{ place: number; last: string; called: boolean }>(
      some
        .map(
          ({ schema, name }, place) =>
            `(SELECT ${place} AS place, last_value::text AS last, is_called AS called FROM ${qualified(schema, name)})`,
        )
        .join(' UNION ALL '),
    )
    for (const { place, last, called } of positions) {
      const sequence = some[place]
      if (sequence)
        seen.set(JSON.stringify([sequence.schema, sequence.name]), { ...sequence, position: [last, called] })
    }
  }
  return seen
}

/**
 * One that was made or dropped meanwhile is in no dump for certain, so it is left out. `meanwhile` has those that cycle: they
 * may come back to where they were, and look unused.
 */
export function sequenceEntries(
  before: SequencesSeen,
  meanwhile: SequencesSeen,
  after: SequencesSeen,
): SequenceEntry[] {
  return [...before].flatMap(([key, { schema, name, increment, cycles, position }]) => {
    const later = after.get(key)
    if (later === undefined) return []
    const between = meanwhile.get(key)?.position ?? position
    const wentRound = isSame(position, later.position) && !isSame(position, between)
    return [[schema, name, increment, cycles, position, wentRound ? null : later.position] as const]
  })
}

const isSame = ([last, called]: Position, other: Position): boolean => last === other[0] && called === other[1]
