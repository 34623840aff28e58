import type { Engine, Fingerprint, Scratch, Stored } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type ArtifactToRead, readDump } from '../pipeline/artifact.ts'
import type { OperationContext } from './context.ts'

/** A stored artifact, and which member of the backup it is. */
export interface Provable extends ArtifactToRead {
  readonly member: string
  readonly format: Stored['format']
  /** Whether each reading of it is a download. */
  readonly remote?: boolean
}

/** What an engine gets to read: each member decrypted and decompressed on the fly, checked as it ends. */
export function asStored(members: readonly Provable[], context: OperationContext, subject: string): Stored[] {
  return members.map((source) => ({
    name: source.member,
    format: source.format,
    ...(source.dump && { bytes: source.dump.bytes }),
    open: async () => readDump(source, (bytes) => context.report({ kind: 'progress', subject, bytes })),
  }))
}

/**
 * Restores into scratch and compares. `equal` is false when it could be restored but there was nothing to compare with.
 * @throws PROOF_FAILED also when the comparison found a difference
 */
export async function proveStored(
  engine: Engine,
  stored: readonly Stored[],
  expected: Fingerprint | undefined,
  scratch: Scratch,
  host: Host,
): Promise<{ readonly equal: boolean; readonly compared: Readonly<Record<string, number>> }> {
  const {
    outcome,
    compared,
    differences = ['(no detail)'],
  } = await engine.prove({ stored, scratch, ...(expected && { expected }) }, host)
  if (outcome === 'restorable' && expected) {
    throw new DbvaultError(
      'PROOF_UNFINISHED',
      'The engine restored the backup but did not compare it with its fingerprint',
    )
  }
  if (outcome !== 'different') return { equal: outcome === 'equal', compared }
  throw new DbvaultError('PROOF_FAILED', `What was restored is not what was dumped: ${differences.join('; ')}`, {
    hints: ['This does not count as a backup. Look at the disk and the memory of this machine, and make another.'],
  })
}
