import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { placeOf } from './instance/place.ts'
import { targetState } from './target/target-state.ts'

export async function inspect(target: Target<Flags>, host: Host): Promise<TargetState> {
  host.signal.throwIfAborted()
  return await targetState(await placeOf(target, host), host)
}
