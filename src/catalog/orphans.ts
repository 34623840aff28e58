import type { ObjectStat } from '../contract/storage.ts'
import { ALPHABET } from './backup-id.ts'
import { roleOf, sibling } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { BEAT_MS, MARKER_LIFE_MS } from './pending-marker.ts'

/** A name that only dbvault makes; everything else in the folder is the user's own business. */
const OURS = new RegExp(`^(?<stem>.*-\\d{8}T\\d{6}Z-[${ALPHABET}]{6})\\.[^/]+$`, 's')

export const isOurName = (key: string): boolean => OURS.test(key)

/** What all objects of one backup have in common, where dbvault made their names: folder and id. */
export const stemOf = (key: string): string | undefined => OURS.exec(key)?.groups?.['stem']

/** An artifact that no manifest names. */
export interface Orphan extends ObjectStat {
  /** Whether the marker of a run that lives stands beside it: then it is a backup in the making. */
  readonly pending: boolean
}

interface Manifests {
  readonly backups: readonly { readonly key: string; readonly manifest: Manifest }[]
  readonly damaged: readonly { readonly key: string }[]
}

/** Told from a whole listing and the manifests in it. What a manifest that cannot be read names is nobody's orphan. */
export function findOrphans(
  objects: ReadonlyMap<string, ObjectStat>,
  { backups, damaged }: Manifests,
  now: Date,
): Orphan[] {
  const known = new Set(
    backups.flatMap(({ key, manifest }) => manifest.members.map((m) => sibling(key, m.artifact.name))),
  )
  const doubtful = new Set(damaged.map(({ key }) => stemOf(key)).filter((stem) => stem !== undefined))
  const chosen = damaged.filter(({ key }) => !isOurName(key)).map(({ key }) => `${key.slice(0, -'.json'.length)}.`)
  const markers = findMarkers(objects)
  return [...objects.values()]
    .filter(({ key }) => roleOf(key).role === 'artifact' && !known.has(key) && !objects.has(`${key}.json`))
    .filter(({ key }) => !doubtful.has(stemOf(key) ?? '') && !chosen.some((start) => key.startsWith(start)))
    .flatMap((stat) => {
      const beats = markers.filter(({ artifact }) => areOfOneBackup(artifact, stat.key))
      if (!isOurName(stat.key) && !markers.some((marker) => isMadeUnder(marker, stat))) return []
      return [{ ...stat, pending: beats.some(({ modifiedAt }) => isAlive(modifiedAt, now)) }]
    })
}

/** A marker that was found, and the main artifact of the backup that it stands for. */
export interface FoundMarker extends ObjectStat {
  readonly artifact: string
  /** No later than this its run has begun, or it has taken over from another one. */
  readonly since: Date
}

export function findMarkers(objects: ReadonlyMap<string, ObjectStat>): FoundMarker[] {
  return [...objects.values()].flatMap((stat) => {
    const role = roleOf(stat.key)
    if (role.role !== 'pending') return []
    const { artifact, beat } = role
    return [{ ...stat, artifact, since: new Date(stat.modifiedAt.getTime() - beat * BEAT_MS) }]
  })
}

export const isAlive = (beat: Date, now: Date): boolean => now.getTime() - beat.getTime() < MARKER_LIFE_MS

/**
 * Whether something of a name that the user chose may have been made by the run that a marker stands for. Of names beside it
 * only those of uploads can be: `shop.sql` beside `shop` is more likely somebody else's than a further member.
 */
export function isMadeUnder(
  { artifact, since }: FoundMarker,
  made: Pick<ObjectStat, 'key' | 'modifiedAt'> & { readonly isUpload?: boolean },
): boolean {
  const beside =
    made.isUpload === true && made.key.startsWith(`${artifact}.`) && !made.key.includes('/', artifact.length)
  return (made.key === artifact || beside) && made.modifiedAt >= since
}

/** Whether a key is the main artifact's or may be that of another object of its backup. */
export function areOfOneBackup(mainArtifact: string, key: string): boolean {
  const stem = stemOf(mainArtifact)
  return key === mainArtifact || key.startsWith(`${mainArtifact}.`) || (stem !== undefined && stemOf(key) === stem)
}
