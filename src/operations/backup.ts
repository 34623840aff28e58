import type { Probe } from '../contract/engine.ts'
import { backupId } from '../catalog/backup-id.ts'
import { sourceId } from '../catalog/series.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { Encoding } from '../pipeline/encoding.ts'
import { LOCAL } from '../storage/local.ts'
import type { BackupRequest, BackupResult, Destination } from './backup-request.ts'
import { BackupRun } from './backup-run.ts'
import { cipherFor } from './cipher-for.ts'
import { type Draft, commitBackup } from './commit-backup.ts'
import type { OperationContext } from './context.ts'
import { type DumpedBackup, dumpToStorage } from './dump-to-storage.ts'
import { feedOthers } from './feed-others.ts'
import { type ProvenOutcome, proveDump } from './prove-dump.ts'
import { probeDestinations, probeSource } from './probe-before-dump.ts'
import { retrying } from './retry.ts'
import { shortfall } from './shortfall.ts'

/**
 * Backs up one database: dump, compress, encrypt, store, read back, prove, and only then commit.
 *
 * Never rejects for what went wrong with the backup itself: that is `status: 'failed'` with `error`, and nothing is
 * left behind. A proof that could not be finished keeps the backup as `unproven`, with the reason in `error`.
 */
export async function backup(request: BackupRequest, context: OperationContext): Promise<BackupResult> {
  const run = new BackupRun(request, context)
  try {
    return await backUp(run)
  } catch (error) {
    return run.failed(asDbvaultError(error, context.signal))
  } finally {
    context.report({ kind: 'finished', subject: run.subject })
  }
}

async function backUp(run: BackupRun): Promise<BackupResult> {
  const { request, context, subject } = run
  const cipher = await cipherFor(request.encryption)
  const { name, level } = request.compression
  const encoding: Encoding = { compression: name, ...(level !== undefined && { level }), ...(cipher && { cipher }) }
  const probe = await probeSource(run)
  const closed = await probeDestinations(run)
  const createdAt = request.now?.() ?? new Date()
  run.begin(backupId(probe.label, createdAt), probe.label)

  const open = request.destinations.filter((destination) => !closed.has(destination))
  const dumped = await run.timed('dump', () =>
    retrying('the dump', subject, context, () => dumpToStorage(run, encoding, sentTogether(open))),
  )
  let placed = dumped.placed
  try {
    const proof = await run.timed('prove', () => proveDump(run, dumped, encoding))
    placed = proof.placed
    const { outcome, proven } = proof
    placed = await run.timed('upload', () => feedOthers(run, dumped.members, { placed, proven, closed }, encoding))
    await request.beforeCommit?.()
    const draft = draftOf(run, probe, dumped, createdAt, outcome)
    const locations = await commitBackup(draft, dumped.members, placed, cipher, context)
    return run.finished(dumped.members, outcome, locations, shortfall(outcome.error, locations))
  } catch (error) {
    await Promise.all(placed.map(({ placement }) => placement.discard()))
    throw error
  }
}

/**
 * Where the dump itself goes. A directory is proven before anything of it goes anywhere else; without one, all clouds
 * are sent the dump at once, so that none has to be fed by reading another.
 */
function sentTogether(destinations: readonly Destination[]): readonly Destination[] {
  return destinations[0]?.storage.name === LOCAL ? destinations.slice(0, 1) : destinations
}

function draftOf(run: BackupRun, probe: Probe, dumped: DumpedBackup, createdAt: Date, outcome: ProvenOutcome): Draft {
  const { engine, encryption, labels = {} } = run.request
  return {
    id: run.id,
    createdAt: createdAt.toISOString(),
    engine: { name: engine.descriptor.name, product: probe.product, version: probe.version },
    database: probe.label,
    ...(probe.identity !== undefined && { sourceId: sourceId(engine.descriptor.name, probe.identity) }),
    consistency: probe.consistency,
    status: outcome.status,
    proof: outcome.proof,
    labels,
    warnings: [...run.warnings],
    incomplete: probe.findings.filter(({ severity }) => severity === 'incomplete').map(({ message }) => message),
    recipients: encryption?.scheme === 'age' ? encryption.recipients : [],
    ...(dumped.fingerprint && { fingerprint: dumped.fingerprint }),
  }
}
