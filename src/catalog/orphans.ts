import type { ObjectStat } from '../contract/storage.ts'
import { roleOf, sibling } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { MARKER_LIFE_MS } from './pending-marker.ts'

/** A name that only dbvault makes; everything else in the folder is the user's own business. */
const OURS = /-\d{8}T\d{6}Z-[a-z0-9]{6}\.[^/]+$/

export const isOurName = (key: string): boolean => OURS.test(key)

/** An artifact that no manifest names. */
export interface Orphan extends ObjectStat {
  /** Whether the marker of a run that lives stands beside it: then it is a backup in the making. */
  readonly pending: boolean
}

/** Told from a whole listing and the manifests in it. */
export function findOrphans(
  objects: ReadonlyMap<string, ObjectStat>,
  backups: readonly { readonly key: string; readonly manifest: Manifest }[],
  now: Date,
): Orphan[] {
  const known = new Set(
    backups.flatMap(({ key, manifest }) => manifest.members.map((m) => sibling(key, m.artifact.name))),
  )
  const lastBeats = new Map<string, number>()
  for (const { key, modifiedAt } of objects.values()) {
    const role = roleOf(key)
    if (role.role !== 'pending') continue
    lastBeats.set(role.artifact, Math.max(modifiedAt.getTime(), lastBeats.get(role.artifact) ?? 0))
  }
  return [...objects.values()]
    .filter(({ key }) => roleOf(key).role === 'artifact' && !known.has(key) && !objects.has(`${key}.json`))
    .filter(({ key }) => isOurName(key) || lastBeats.has(key))
    .map((stat) => ({ ...stat, pending: now.getTime() - (lastBeats.get(stat.key) ?? 0) < MARKER_LIFE_MS }))
}
