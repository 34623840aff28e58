import { createHash } from 'node:crypto'
import type { Manifest } from './manifest.ts'

/**
 * Sixteen hex digits that tell databases of one name apart: the first half of the sha256 of the engine's name, a NUL and
 * the database's identity.
 */
export function sourceId(engine: string, identity: string): string {
  return createHash('sha256').update(`${engine}\0${identity}`).digest('hex').slice(0, 16)
}

/** Backups of one series are of one database, one after the other; only within a series is one the successor of another. */
export function seriesOf({ engine, database, sourceId: source = '' }: Manifest): string {
  return [engine.name, database, source].join('\0')
}
