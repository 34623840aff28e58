import type { ObjectStat, UnfinishedUpload } from '../contract/storage.ts'
import type { Inventory } from './catalog.ts'
import { roleOf } from './layout.ts'
import { areOfOneBackup, findMarkers, findOrphans, isAlive, isMadeUnder, isOurName, stemOf } from './orphans.ts'

/** Something of dbvault's that belongs to no backup. */
export interface Leftover {
  readonly kind: 'artifact' | 'record' | 'upload' | 'marker'
  readonly key: string
  readonly bytes?: number
  /** Last changed, by the storage's clock. */
  readonly since: Date
  readonly upload?: UnfinishedUpload
}

export interface Spared extends Leftover {
  readonly why: string
}

export interface Litter {
  /** Left by runs that are over, in an order in which they may be removed: a marker comes last. */
  readonly dead: readonly Leftover[]
  /** What may still be needed. */
  readonly spared: readonly Spared[]
}

/**
 * Tells what killed runs have left from what lives: told from a whole listing, and of names that only dbvault makes, or
 * that one of its markers stands beside. Whatever else is in the place is the user's own business.
 * @param now by the storage's clock
 * @param graceMs how long something has to have been left alone before it counts as dead
 */
export function findLitter(
  inventory: Inventory,
  uploads: readonly UnfinishedUpload[],
  now: Date,
  graceMs: number,
): Litter {
  const { objects, backups, damaged } = inventory
  const markers = findMarkers(objects)
  const manifestStems = new Set([...backups, ...damaged].map(({ key }) => stemOf(key)).filter(Boolean))
  const dead: Leftover[] = []
  const spared: Spared[] = []

  const beats = (key: string): readonly Date[] =>
    markers.filter(({ artifact }) => areOfOneBackup(artifact, key)).map(({ modifiedAt }) => modifiedAt)
  const judge = (leftover: Leftover, besideBackup: boolean): void => {
    if (beats(leftover.key).some((beat) => isAlive(beat, now))) spared.push({ ...leftover, why: 'its run lives' })
    else if (besideBackup) spared.push({ ...leftover, why: 'there is a backup of the same name' })
    else if (now.getTime() - leftover.since.getTime() < graceMs)
      spared.push({ ...leftover, why: 'it is younger than the time of grace' })
    else dead.push(leftover)
  }

  for (const orphan of findOrphans(objects, inventory, now)) {
    judge({ kind: 'artifact', ...facts(orphan) }, manifestStems.has(stemOf(orphan.key)))
  }
  for (const stat of objects.values()) {
    const role = roleOf(stat.key)
    if (role.role !== 'proof' || !isOurName(stat.key) || objects.has(`${role.artifact}.json`)) continue
    judge({ kind: 'record', ...facts(stat) }, manifestStems.has(stemOf(stat.key)))
  }
  for (const upload of uploads) {
    const { key, startedAt: since, bytes } = upload
    const made = { key, modifiedAt: since, isUpload: true }
    if (!isOurName(key) && !markers.some((marker) => isMadeUnder(marker, made))) continue
    judge({ kind: 'upload', key, since, ...(bytes !== undefined && { bytes }), upload }, false)
  }
  // As long as there is something of its run, a marker is what tells that it is ours.
  for (const marker of markers) {
    const stillNeeded = spared.some(({ key }) => areOfOneBackup(marker.artifact, key))
    if (!isAlive(marker.modifiedAt, now) && !stillNeeded) dead.push({ kind: 'marker', ...facts(marker) })
  }
  return { dead, spared }
}

const facts = ({ key, bytes, modifiedAt }: ObjectStat): Omit<Leftover, 'kind'> => ({ key, bytes, since: modifiedAt })
