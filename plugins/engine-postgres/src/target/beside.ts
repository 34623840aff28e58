import type { Host } from 'dbvault'
import { dropDatabase } from '../scratch/scratch-database.ts'
import { identifier } from '../server/identifier.ts'
import type { Place } from '../server/server.ts'
import type { Session } from '../server/session.ts'

/** Makes the database that is restored into, beside the target; it belongs to the owner of what it is to replace. */
export async function makeDatabase(
  session: Session,
  place: Place,
  made: string,
  options: string,
  exists: boolean,
): Promise<void> {
  await session.rows(`CREATE DATABASE ${identifier(made)} ${options}`)
  if (!exists) return
  const { owner } = await session.row<{ owner: string }>(
    'SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = $1',
    [place.database],
  )
  await session.rows(`ALTER DATABASE ${identifier(made)} OWNER TO ${identifier(owner)}`)
}

/** Removes it again after a failure. */
export async function discard(place: Place, made: string, host: Host): Promise<void> {
  try {
    await dropDatabase(place.server, made, host)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    host.report({
      kind: 'warning',
      message: `The half restored database ${JSON.stringify(made)} could not be removed: ${why}`,
    })
  }
}

/** Names have at most 63 bytes; what is longer the server would cut, without a word. */
export function nameBeside(name: string, suffix: string): string {
  let start = name
  while (Buffer.byteLength(start + suffix) > 63) start = Array.from(start).slice(0, -1).join('')
  return start + suffix
}
