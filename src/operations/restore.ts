import type { Engine, RestoreReport, Target, TargetState } from '../contract/engine.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { authenticate } from '../pipeline/artifact.ts'
import type { OperationContext } from './context.ts'
import { downloadedOnce } from './download-once.ts'
import { hostFor } from './host-for.ts'
import type { OpenedBackup } from './open-backup.ts'
import { asStored } from './prove-stored.ts'
import { retrying } from './retry.ts'

export interface RestoreOptions {
  readonly engine: Engine
  readonly backup: OpenedBackup
  readonly target: Target
  /** Check everything, and say what would be done, without doing it. */
  readonly dryRun: boolean
}

export interface RestoreResult extends Omit<RestoreReport, 'outcome'> {
  readonly backup: string
  readonly engine: string
  /** `equal` with what was dumped; `restorable` when there was no fingerprint to compare with; `dry run`. */
  readonly outcome: RestoreReport['outcome'] | 'dry run'
  /** What was at the target before. */
  readonly before: TargetState
  readonly unchecked: readonly string[]
}

/**
 * Restores a backup. A target that is not empty is refused before a byte is read, and the artifact is authenticated
 * to its last byte before the first one reaches the target.
 * @throws TARGET_NOT_EMPTY, KEY_WRONG, ARTIFACT_CORRUPT, RESTORE_FAILED
 */
export async function restore(request: RestoreOptions, context: OperationContext): Promise<RestoreResult> {
  const { engine, backup, target } = request
  const subject = backup.name
  const host = hostFor(context, subject, { secrets: [target.password, target.url] })
  const phase = (name: string): void => context.report({ kind: 'phase', subject, phase: name })
  try {
    phase('looking')
    const before = await retrying('opening the target', subject, context, () => engine.inspect(target, host))
    if (before.state === 'occupied' && !target.replace) {
      throw new DbvaultError('TARGET_NOT_EMPTY', `The target is not empty: ${before.description}`, {
        hints: [...(before.notes ?? []), 'Choose another target, or replace what is there with --replace.'],
      })
    }
    phase('checking')
    // It is read twice: to its end, and then into the target.
    await using local = request.dryRun ? undefined : downloadedOnce(backup.members, host)
    const members = local?.members ?? backup.members
    for (const member of members) {
      await retrying('reading the backup', subject, context, () => authenticate(member, context.signal))
    }
    const known = { backup: subject, engine: engine.descriptor.name, before, unchecked: backup.unchecked }
    if (request.dryRun) return { ...known, target: before.description, outcome: 'dry run', restored: {} }
    phase('restoring')
    const report = await engine.restore(
      {
        stored: asStored(members, context, subject),
        target,
        ...(backup.fingerprint && { expected: backup.fingerprint }),
      },
      host,
    )
    return { ...known, ...report }
  } finally {
    context.report({ kind: 'finished', subject })
  }
}
