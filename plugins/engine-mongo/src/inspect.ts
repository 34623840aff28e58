import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { placeOf, requireDatabase } from './server/place.ts'
import { Server } from './server/server.ts'
import { targetState } from './target/target-state.ts'

export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const place = placeOf(target, host)
  const database = requireDatabase(place, host)
  await using server = await Server.open(place, host)
  const { state, description, notes } = await targetState(server, database)
  return { state, description, ...(notes && { notes }) }
}
