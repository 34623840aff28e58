import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Host, Target, TargetState } from 'dbvault'
import { keptOld } from './aside.ts'
import type { Flags } from './descriptor.ts'

/** Says what is at the target now, and changes nothing. Absent is a state; any doubt is an error. */
export async function inspect({ database }: Target<Flags>, host: Host): Promise<TargetState> {
  const path = resolve(database)
  const old = await keptOld(path)
  try {
    const { length } = await readdir(path)
    const notes = old && [`${old} is what an earlier restore has replaced; it was killed before it could remove it`]
    const description = `folder ${database}, ${length} entries`
    return { state: length === 0 ? 'empty' : 'occupied', description, ...(notes && { notes }) }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return { state: 'occupied', description: `${database}, which is no folder` }
    if (code !== 'ENOENT') throw host.error('SOURCE_DENIED', `${database} cannot be looked at`, { cause })
    const notes = old && [
      `A restore that was killed has left the former folder as ${old}; a restore puts it back first`,
    ]
    return { state: 'absent', description: `folder ${database}`, ...(notes && { notes }) }
  }
}
