import type { Host, Target, TargetState } from 'dbvault'
import { resolve } from 'node:path'
import type { Flags } from './descriptor.ts'
import { nodesOf } from './server/nodes.ts'
import { placeOf } from './server/place.ts'
import { fileState } from './target/to-file.ts'
import { liveState } from './target/target-state.ts'

export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const path = target.flags['to-file']
  if (path !== undefined) return await fileState(resolve(path), host)
  const place = placeOf(target, host)
  const { state, description } = await liveState(await nodesOf(place, host), place.which, host)
  return { state, description }
}
