import type { Host, Probe, ScratchChoice } from 'dbvault'
import type { RdbHeader } from '../rdb/rdb-walk.ts'
import { programFor } from './find-programs.ts'
import { requireMemory } from './memory.ts'
import { ScratchUnavailable } from './unavailable.ts'

/** Says before the dump whether what the source writes can be loaded here. */
export async function scratchPossible(
  written: RdbHeader,
  { memory, checksums, directory }: { memory: number; checksums: boolean; directory: string | undefined },
  choice: ScratchChoice | undefined,
  host: Host,
): Promise<Probe['scratch']> {
  try {
    refuseElsewhere(choice?.mode)
    if (!checksums) throw new ScratchUnavailable(NO_CHECKSUM, CHECKSUM_HINTS)
    await programFor(written, directory, host)
    await requireMemory(memory)
    return { possible: true }
  } catch (error) {
    if (!(error instanceof ScratchUnavailable)) throw error
    return { possible: false, why: error.message, hints: error.hints }
  }
}

/** @throws ScratchUnavailable */
export function refuseElsewhere(mode: ScratchChoice['mode'] | undefined): void {
  if (mode === undefined || mode === 'auto' || mode === 'private') return
  throw new ScratchUnavailable(
    'a backup of Redis is only loaded into a private server, never into one that is in use',
    ['Leave --scratch out, or say --scratch private.'],
  )
}

export const NO_CHECKSUM =
  'the server writes no checksums into what it sends (rdbchecksum no), so nobody can tell whether it is whole'
export const CHECKSUM_HINTS = ['Start the server with: rdbchecksum yes']
