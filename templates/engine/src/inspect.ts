import { stat } from 'node:fs/promises'
import type { Host, Target, TargetState } from 'dbvault'
import type { Flags } from './descriptor.ts'

/** Says what is at the target now, and changes nothing. Absent is a state; any doubt is an error. */
export async function inspect({ database }: Target<Flags>, host: Host): Promise<TargetState> {
  try {
    const { size } = await stat(database)
    return { state: size === 0 ? 'empty' : 'occupied', description: `file ${database}, ${size} bytes` }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent', description: `file ${database}` }
    throw host.error('SOURCE_DENIED', `${database} cannot be looked at`, { cause })
  }
}
