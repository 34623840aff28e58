import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { join, resolve } from 'node:path'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asDb2Fingerprint, counts, type Db2Fingerprint } from './fingerprint/fingerprint.ts'
import { readFingerprint } from './fingerprint/read-fingerprint.ts'
import { checkImage } from './image/check-image.ts'
import { isOfAnother, restoreImage } from './image/restore-image.ts'
import { unpack, type Unpacked } from './image/unpack.ts'
import { makeDirectory } from './instance/own.ts'
import { placeOf, type Place } from './instance/place.ts'
import { dropDatabase } from './scratch/drop-database.ts'
import { tryImage } from './scratch/try-image.ts'
import { keepCopy } from './target/kept-copy.ts'
import { restoreError } from './target/restore-error.ts'
import { targetState } from './target/target-state.ts'

/**
 * Into a name that is free: what does not become whole is dropped again. Over a database that is there: the image is first
 * tried beside it, then a copy of what is to be replaced is made, to go back to when anything fails.
 */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const place = await placeOf(target, host)
  await refuseOccupied(place, target.replace, host)
  const wanted = expected && asDb2Fingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `The rows cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }
  const { owner } = place.instance
  await using work = await host.tempDir(owner)
  try {
    const unpacked = await unpack(stored, work.path, owner, host, 'RESTORE_FAILED')
    await checkImage(unpacked.files, place.instance, host, 'RESTORE_FAILED')
    // It was long ago that it was looked at.
    const { state } = await refuseOccupied(place, target.replace, host)
    const job: Job = { unpacked, place, wanted, flags: target.flags, work: work.path }
    const found = state === 'absent' ? await restoreNew(job, host) : await replace(job, host)
    return {
      target: `${place.database} of the instance ${place.instance.name}`,
      outcome: wanted ? 'equal' : 'restorable',
      restored: counts(found),
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw restoreError(host, error)
  }
}

interface Job {
  readonly unpacked: Unpacked
  readonly place: Place
  readonly wanted: Db2Fingerprint | undefined
  readonly flags: RestoreRequest<Flags>['target']['flags']
  /** A temporary directory. */
  readonly work: string
}

async function refuseOccupied(place: Place, replaceable: boolean, host: Host): ReturnType<typeof targetState> {
  const found = await targetState(place, host)
  if (found.state === 'absent' || replaceable) return found
  throw host.error('TARGET_NOT_EMPTY', `The target is not empty: ${found.description}`, {
    hints: ['Restore into another database, or replace this one with --replace.'],
  })
}

async function restoreNew(job: Job, host: Host): Promise<Db2Fingerprint> {
  try {
    await fill(job, false, host)
  } catch (error) {
    if (!isOfAnother(error)) await dropDatabase(job.place.database, job.place, host)
    throw error
  }
  try {
    return await compare(job, host)
  } catch (error) {
    await dropDatabase(job.place.database, job.place, host)
    throw error
  }
}

async function replace(job: Job, host: Host): Promise<Db2Fingerprint> {
  const { unpacked, place, wanted, flags, work } = job
  const trial = {
    directory: await makeDirectory(join(work, 'trial'), place.instance.owner),
    lockTimeout: flags['lock-timeout'],
  }
  const tried = await tryImage(unpacked, place, trial, host, 'RESTORE_FAILED')
  refuseDifferent(wanted, tried, host)
  // Beside the temporary directory, not in it: that one is removed when a run was killed, and this has to outlive that.
  const kept = await keepCopy(place, resolve(work, '../..'), host)
  let found: Db2Fingerprint
  try {
    await fill(job, true, host)
    found = await compare(job, host)
  } catch (error) {
    throw await kept.putBack(error)
  }
  await kept.remove()
  return found
}

async function fill({ unpacked, place, flags, work }: Job, over: boolean, host: Host): Promise<void> {
  const files = flags['storage-path'] === undefined ? undefined : resolve(flags['storage-path'])
  host.report({ kind: 'phase', name: 'restore' })
  const into = {
    database: place.database,
    replace: over,
    logs: await makeDirectory(join(work, 'logs'), place.instance.owner),
    ...(files !== undefined && { files }),
    archiveLogs: true,
  }
  await restoreImage(unpacked, into, place, host, 'RESTORE_FAILED')
}

async function compare({ place, wanted, flags }: Job, host: Host): Promise<Db2Fingerprint> {
  host.report({ kind: 'phase', name: 'compare' })
  const found = await readFingerprint(place.database, flags['lock-timeout'], place, host, 'RESTORE_FAILED')
  refuseDifferent(wanted, found, host)
  return found
}

function refuseDifferent(wanted: Db2Fingerprint | undefined, found: Db2Fingerprint, host: Host): void {
  const [first, ...more] = wanted ? differences(wanted, found) : []
  if (first === undefined) return
  throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${first}`, { hints: more })
}
