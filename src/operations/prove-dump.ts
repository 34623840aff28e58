import type { ManifestProof, Status } from '../catalog/manifest.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import type { Encoding } from '../pipeline/encoding.ts'
import type { BackupRun } from './backup-run.ts'
import type { DumpedBackup } from './dump-to-storage.ts'
import { asStored, proveStored } from './prove-stored.ts'
import { retrying } from './retry.ts'

export interface ProvenOutcome {
  readonly status: Status
  readonly proof: ManifestProof
  /** Why the proof could not be finished. */
  readonly error?: DbvaultError
}

/**
 * Proves what lies in the storage, read back from there, as far as was asked for.
 * @throws PROOF_FAILED, ARTIFACT_CORRUPT: what is stored is not what was dumped, and must not be kept
 */
export async function proveDump(run: BackupRun, dumped: DumpedBackup, encoding: Encoding): Promise<ProvenOutcome> {
  const { engine, prove, scratch = { mode: 'auto' }, source } = run.request
  const started = performance.now()
  const proof = (outcome: ManifestProof['outcome'], compared?: Readonly<Record<string, number>>): ManifestProof => ({
    method: prove,
    outcome,
    at: new Date().toISOString(),
    seconds: Math.round(performance.now() - started) / 1000,
    ...(compared && { compared: { ...compared } }),
  })
  if (prove === 'none') return { status: 'unproven', proof: proof('not asked') }

  const readBack = dumped.members.map((member) => ({
    ...member,
    member: member.name,
    name: member.storage.address(member.key),
    open: () => member.storage.get(member.key, run.host()),
    encoding,
  }))
  const stored = asStored(readBack, run.context, run.subject)
  if (prove === 'check') {
    run.phase('checking')
    const { checked } = await retrying('the check', run.subject, run.context, () => engine.check(stored, run.host()))
    return { status: 'checked', proof: proof('checked', checked) }
  }
  run.phase('proving')
  try {
    const { compared } = await retrying('the proof', run.subject, run.context, () =>
      proveStored(engine, stored, dumped.fingerprint, { ...scratch, source, flags: source.flags }, run.host()),
    )
    return { status: 'proven', proof: proof('equal', compared) }
  } catch (thrown) {
    const error = asDbvaultError(thrown, run.context.signal)
    if (error.code !== 'PROOF_UNFINISHED') throw error
    return { status: 'unproven', proof: proof('unfinished'), error }
  }
}
