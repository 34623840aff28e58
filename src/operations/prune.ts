import type { Host } from '../contract/host.ts'
import type { Storage, UnfinishedUpload } from '../contract/storage.ts'
import { type Inventory, takeInventory } from '../catalog/catalog.ts'
import { findLitter } from '../catalog/litter.ts'
import { findMarkers, isOurName } from '../catalog/orphans.ts'
import { isMarkerText, type PendingMarker, startMarker } from '../catalog/pending-marker.ts'
import { textOf } from '../catalog/read-object.ts'
import { isWithin } from '../catalog/scope.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Policy } from '../retention/policy.ts'
import type { OperationContext } from './context.ts'
import { type BackupFilter, fits } from './find-backup.ts'
import { cleanupHost, hostFor, lastingHost } from './host-for.ts'
import { type KeptBackup, planBackups } from './prune-backups.ts'
import { leftoverItem, leftoverWork } from './prune-leftovers.ts'
import { type PruneItem, type Removed, removeAll } from './prune-work.ts'
import { retrying } from './retry.ts'
import type { Unlock } from './unlock.ts'

const SUBJECT = 'prune'

export interface PruneRequest {
  readonly storage: Storage
  /** See {@link isWithin}. */
  readonly scope: string
  /** How long something has to have been left alone before it counts as left by a dead run, in milliseconds. */
  readonly graceMs: number
  /** What to keep. Without a rule every backup stays, and only what is no backup is removed. */
  readonly policy: Policy
  /** Which backups the policy is for; where given, nothing else is looked at. */
  readonly filter?: BackupFilter
  /** With a key, a backup whose manifest was changed counts for nothing; without, its word is taken. */
  readonly unlock: Unlock
  /** Remove what is found; else only say it. */
  readonly apply: boolean
}

export interface PruneResult {
  readonly place: string
  /** Nothing was removed, only looked for. Then this machine's clock has told what is old, else the storage's. */
  readonly dryRun: boolean
  readonly remove: readonly PruneItem[]
  /** What looks like litter and was left alone. */
  readonly spared: readonly PruneItem[]
  /** Whether there was more to remove when it was interrupted. */
  readonly interrupted: boolean
  /** Backups that the policy keeps. */
  readonly keep: readonly KeptBackup[]
}

/**
 * Removes what killed runs have left at a place, and what a retention policy no longer keeps; never what a living run
 * may be at. A listing that cannot be completed, or a manifest that cannot be read for a reason of the place, ends it
 * before anything is removed. What could not be removed is a result, with its reason; and so is what was removed before an
 * abort, which rejects only while nothing was.
 * @throws LOCKED when another prune is at this place, and what the storage throws
 */
export async function prune(request: PruneRequest, context: OperationContext): Promise<PruneResult> {
  const { storage, scope, filter, graceMs, policy, apply } = request
  const host = hostFor(context, SUBJECT)
  // What was begun is not left half-removed.
  const lasting = lastingHost(context, SUBJECT)
  const phase = (name: string): void => context.report({ kind: 'phase', subject: SUBJECT, phase: name })
  let lock: PendingMarker | undefined
  try {
    phase('looking')
    // Before the lock, which would make a directory whose name is misspelt.
    const inventory = await retrying('the listing', SUBJECT, context, () => takeInventory(storage, scope, host))
    const uploads = filter ? [] : await uploadsIn(request, host, context)
    if (apply) lock = await lockPlace(request, context)
    const now = lock?.startedAt ?? new Date()
    const litter = filter ? { dead: [], spared: [] } : findLitter(await ours(inventory), uploads, now, graceMs)
    const wanted = inventory.backups.filter(({ manifest }) => fits(manifest, filter ?? {}))
    const plan = hasRule(policy)
      ? await planBackups(wanted, inventory.backups, request, now, lasting)
      : { remove: [], keep: [], claimed: 0 }
    if (plan.claimed > 0) {
      const message = `Of ${plan.claimed} encrypted backups it is taken on their manifests' word that they are good: only with the key can that be checked`
      context.report({ kind: 'warning', subject: SUBJECT, message })
    }
    const work = [...plan.remove, ...litter.dead.map((one) => leftoverWork(one, storage, now, lasting))]
    phase('removing')
    const done: Removed = apply
      ? await removeAll(work, context.signal)
      : { removed: work.map(({ item }) => item), spared: [], interrupted: false }
    return {
      place: storage.address(scope),
      dryRun: !apply,
      remove: done.removed,
      spared: [...litter.spared.map((one) => ({ ...leftoverItem(one, storage), why: one.why })), ...done.spared],
      interrupted: done.interrupted,
      keep: plan.keep,
    }

    /** Where only a marker tells that something is ours, it has to be one, and not just be called so. */
    async function ours(all: Inventory): Promise<Inventory> {
      const objects = new Map(all.objects)
      for (const { key, artifact } of findMarkers(objects)) {
        if (isOurName(artifact)) continue
        const text = await textOf(storage, key, host)
        if (text === undefined || !isMarkerText(text)) objects.delete(key)
      }
      return { ...all, objects }
    }
  } finally {
    await lock?.remove(cleanupHost(context, SUBJECT)).catch(() => {}) // It counts as dead after 15 minutes.
    context.report({ kind: 'finished', subject: SUBJECT })
  }
}

const hasRule = (policy: Policy): boolean => Object.values(policy).some((rule) => rule !== undefined)

/** The storage dates the marker, and so tells what time it is there. */
async function lockPlace({ storage, scope }: PruneRequest, context: OperationContext): Promise<PendingMarker> {
  const key = `${scope.slice(0, scope.lastIndexOf('/') + 1)}dbvault-prune`
  try {
    return await retrying('opening the place', SUBJECT, context, () =>
      startMarker(storage, key, hostFor(context, SUBJECT)),
    )
  } catch (error) {
    if (!DbvaultError.is(error) || error.code !== 'LOCKED') throw error
    throw new DbvaultError('LOCKED', `Another prune is at ${storage.label}, or was killed at it`, {
      hints: ['Wait until it is done. One that was killed holds others up for 15 minutes.'],
      cause: error,
    })
  }
}

async function uploadsIn(
  { storage, scope }: PruneRequest,
  host: Host,
  context: OperationContext,
): Promise<readonly UnfinishedUpload[]> {
  return retrying('the listing of unfinished uploads', SUBJECT, context, async () => {
    const found: UnfinishedUpload[] = []
    for await (const upload of storage.unfinished(scope, host)) if (isWithin(scope, upload.key)) found.push(upload)
    return found
  })
}
