import type { Probe } from '../contract/engine.ts'
import { manifestKey } from '../catalog/layout.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Destination } from './backup-request.ts'
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

/**
 * Before a long dump: is each place there, and may we write to it? One that is not costs only itself: the backup is
 * made in the others, and says where it is not.
 * @throws what is wrong with the first place, when none of them can take the backup
 */
export async function probeDestinations(run: BackupRun): Promise<ReadonlyMap<Destination, DbvaultError>> {
  const { destinations } = run.request
  const closed = new Map<Destination, DbvaultError>()
  await Promise.all(
    destinations.map(async (destination) => {
      try {
        await probeDestination(run, destination)
      } catch (error) {
        closed.set(destination, asDbvaultError(error, run.context.signal))
      }
    }),
  )
  run.context.signal.throwIfAborted()
  const [first] = destinations.map((destination) => closed.get(destination))
  if (first && closed.size === destinations.length) throw first
  for (const [{ storage }, { message }] of closed)
    run.warn(`The backup goes to the other places only: ${storage.label}: ${message}`)
  return closed
}

async function probeDestination(run: BackupRun, destination: Destination): Promise<void> {
  const { storage } = destination
  const found = await retrying(`opening ${storage.label}`, run.subject, run.context, () => storage.probe(run.host()))
  if (found.writable) return await refuseTaken(run, destination)
  throw new DbvaultError('STORAGE_DENIED', `${storage.label} cannot be written to`, {
    hints: [...found.notes, 'Choose another place, or get the right to write there.'],
  })
}

/**
 * A name that the user chose may be taken. That is told now, where it can be: who may only write cannot look, nor can
 * anybody into a directory that is still to be made. Whoever comes to it from here on is found when it is written.
 */
async function refuseTaken(run: BackupRun, { storage, key }: Destination): Promise<void> {
  if (key === undefined) return
  for (const taken of [key, manifestKey(key)]) {
    if ((await storage.stat(taken, run.host()).catch(() => undefined)) === undefined) continue
    throw new DbvaultError('OBJECT_EXISTS', `${storage.address(taken)} is there already, and nothing is overwritten`, {
      hints: ['Choose another name, or remove it first.'],
    })
  }
}
