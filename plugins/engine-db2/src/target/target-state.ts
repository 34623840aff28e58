import type { Host, TargetState } from 'dbvault'
import { listDatabases } from '../instance/database-directory.ts'
import type { Place } from '../instance/place.ts'

/**
 * A database that exists is occupied, though it may have no table: a restore replaces its settings and logs as well.
 * @throws SOURCE_UNREACHABLE when the instance is not started, and what else the messages of Db2 mean
 */
export async function targetState(place: Place, host: Host): Promise<TargetState> {
  const { instance, database } = place
  const entries = await listDatabases(place, host, 'SOURCE_UNREACHABLE', true)
  const entry = entries.find(({ alias }) => alias === database)
  if (entry === undefined) {
    return { state: 'absent', description: `no database ${database} in the instance ${instance.name}` }
  }
  if (entry.path === undefined) {
    throw host.error('SOURCE_DENIED', `The database ${database} is on another machine, and can only be restored there`)
  }
  return {
    state: 'occupied',
    description: `database ${database} in ${entry.path}`,
    notes: ['All of it is replaced, its settings and logs included', 'Nobody may be connected to it'],
  }
}
