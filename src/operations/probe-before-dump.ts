import type { Probe } from '../contract/engine.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { BackupRun } from './backup-run.ts'
import { retrying } from './retry.ts'

/**
 * Looks at the source before anything is read from it. What would make the dump incomplete or the asked proof
 * impossible is an error now, not after hours.
 * @throws DUMP_INCOMPLETE, PROOF_UNAVAILABLE, and what the engine's `probe` throws
 */
export async function probeSource(run: BackupRun): Promise<Probe> {
  const { engine, source, prove, scratch, allowIncomplete } = run.request
  run.phase('looking')
  const probe = await retrying('opening the source', run.subject, run.context, () =>
    engine.probe(source, run.host(), scratch),
  )
  const incomplete = probe.findings.filter(({ severity }) => severity === 'incomplete')
  if (incomplete.length > 0 && !allowIncomplete) {
    const missing = incomplete.map(({ message }) => message).join('; ')
    throw new DbvaultError('DUMP_INCOMPLETE', `The dump would be incomplete: ${missing}`, {
      hints: [
        ...incomplete.flatMap(({ fixes }) => fixes ?? []),
        'Or accept it with --allow-incomplete; what is missing is then recorded.',
      ],
    })
  }
  if (prove === 'restore' && !probe.scratch.possible) {
    throw new DbvaultError('PROOF_UNAVAILABLE', `A restore cannot be tried here: ${probe.scratch.why}`, {
      hints: [
        ...probe.scratch.hints,
        'Or settle for less: --prove check looks at the stored file without restoring it.',
      ],
    })
  }
  for (const { message } of probe.findings) run.warn(message)
  if (probe.bytes !== undefined) run.context.report({ kind: 'estimate', subject: run.subject, bytes: probe.bytes })
  return probe
}

/** Before a long dump: is each place there, and may we write to it? @throws STORAGE_DENIED, and what `probe` throws */
export async function probeDestinations(run: BackupRun): Promise<void> {
  for (const { storage } of run.request.destinations) {
    const found = await retrying(`opening ${storage.label}`, run.subject, run.context, () => storage.probe(run.host()))
    if (found.writable) continue
    throw new DbvaultError('STORAGE_DENIED', `${storage.label} cannot be written to`, {
      hints: [...found.notes, 'Choose another place, or get the right to write there.'],
    })
  }
}
