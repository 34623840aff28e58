import type { TargetState } from 'dbvault'
import type { Collection } from '../archive/collection.ts'
import { listNames } from '../server/list-collections.ts'
import type { Server } from '../server/server.ts'
import { isLeftover } from './temporary-names.ts'

export interface Target extends TargetState {
  /** What is there, without indexes. */
  readonly collections: readonly Omit<Collection, 'indexes'>[]
}

/** A database of MongoDB is there when it has a collection. */
export async function targetState(server: Server, database: string): Promise<Target> {
  const collections = await listNames(server, database)
  const where = `database ${JSON.stringify(database)} on ${server.place.name}`
  if (collections.length === 0) return { state: 'absent', description: `${where}, which is not there`, collections }
  const left = collections.filter(({ name }) => isLeftover(name)).length
  const count = `${collections.length} ${collections.length === 1 ? 'collection' : 'collections'}`
  return {
    state: 'occupied',
    description: `${where}, ${count}`,
    ...(left > 0 && {
      notes: [`${left} of its collections were left by a restore that was killed: their names begin with dbvault_`],
    }),
    collections,
  }
}
