import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { placeOf } from './server/place.ts'
import { targetState } from './target/target-state.ts'

export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  const { hasSettings: _, ...state } = await targetState(await placeOf(target, host), host)
  return state
}
