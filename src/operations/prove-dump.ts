import type { ManifestProof, Status } from '../catalog/manifest.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import type { Encoding } from '../pipeline/encoding.ts'
import type { BackupRun } from './backup-run.ts'
import type { DumpedBackup, Placed } from './dump-to-storage.ts'
import { asStored, proveStored } from './prove-stored.ts'
import { retrying } from './retry.ts'

export interface ProvenOutcome {
  readonly status: Status
  readonly proof: ManifestProof
  /** Why the proof could not be finished. */
  readonly error?: DbvaultError
}

/** Where it was proven, and every place as it stands after that. */
export interface ProvenAt {
  readonly outcome: ProvenOutcome
  readonly proven: Placed
  readonly placed: readonly Placed[]
}

/** What speaks against one place and says nothing about the others, which were sent the same bytes. */
const OF_THE_PLACE: readonly ErrorCode[] = [
  'STORAGE_UNREACHABLE',
  'STORAGE_DENIED',
  'STORAGE_FAILED',
  'OBJECT_NOT_FOUND',
  'ARTIFACT_CORRUPT',
]

/**
 * Proves the backup in the first place that has it. Where that place cannot give it back as it got it, it is given up,
 * and the next one that has it is read.
 * @throws PROOF_FAILED, and what went wrong in the last place
 */
export async function proveDump(run: BackupRun, dumped: DumpedBackup, encoding: Encoding): Promise<ProvenAt> {
  const placed = [...dumped.placed]
  for (;;) {
    const [at = placed[0] as Placed, next] = placed.filter(({ error }) => !error)
    if (at.destination !== run.request.destinations[0]) {
      run.warn(`It was read back from ${at.destination.storage.label}, since the place before that does not have it`)
    }
    try {
      return { outcome: await proveAt(run, dumped, at, encoding), proven: at, placed }
    } catch (thrown) {
      const error = asDbvaultError(thrown, run.context.signal)
      if (!next || !OF_THE_PLACE.includes(error.code)) throw error
      await at.placement.discard()
      placed[placed.indexOf(at)] = { ...at, error }
    }
  }
}

/**
 * Proves what lies in one place, read back from there, as far as was asked for.
 * @throws PROOF_FAILED, ARTIFACT_CORRUPT: what is stored is not what was dumped, and must not be kept
 */
async function proveAt(
  run: BackupRun,
  dumped: DumpedBackup,
  { placement: { storage, keys } }: Placed,
  encoding: Encoding,
): Promise<ProvenOutcome> {
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

  const readBack = dumped.members.map(({ name, format, artifact, dump }, index) => ({
    member: name,
    format,
    name: storage.address(keys[index] ?? ''),
    open: () => storage.get(keys[index] ?? '', run.host()),
    encoding,
    artifact,
    dump,
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
