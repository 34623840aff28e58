import pLimit from 'p-limit'
import { areOfOneBackup } from '../catalog/orphans.ts'
import { roleOf } from '../catalog/layout.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'

/** Removals side by side. */
const AT_ONCE = 8

export interface PruneItem {
  readonly kind: 'backup' | 'artifact' | 'record' | 'upload' | 'marker'
  readonly address: string
  /** Of a backup. */
  readonly id?: string
  readonly bytes?: number
  /** When it was made or left. */
  readonly since: string
  readonly why: string
  /** Why it could not be removed. */
  readonly error?: DbvaultError
}

/** Something to remove. */
export interface PruneWork {
  readonly item: PruneItem
  readonly key: string
  /** Looks once more, then removes it; or answers why it is left alone after all. */
  remove(): Promise<string | undefined>
}

export interface Removed {
  /** What was removed, or could not be: then with its error. */
  readonly removed: readonly PruneItem[]
  readonly spared: readonly PruneItem[]
  /** Whether it was ended before its end. */
  readonly interrupted: boolean
}

/**
 * Removes all of it, a few at a time. A marker goes when the rest of its run is gone: it is what tells that the rest is
 * ours. After an abort it begins nothing more, and what is under way is brought to its end.
 */
export async function removeAll(work: readonly PruneWork[], signal: AbortSignal): Promise<Removed> {
  const limit = pLimit(AT_ONCE)
  const left: string[] = []
  const one = async ({
    item,
    key,
    remove,
  }: PruneWork): Promise<(PruneItem & { readonly spared?: true }) | undefined> => {
    if (signal.aborted) {
      left.push(key)
      return undefined
    }
    try {
      const why = await remove()
      if (why === undefined) return item
      left.push(key)
      return { ...item, why, spared: true }
    } catch (error) {
      left.push(key)
      return { ...item, error: asDbvaultError(error) }
    }
  }
  const markers = work.filter(({ item }) => item.kind === 'marker')
  const others = work.filter(({ item }) => item.kind !== 'marker')
  const first = await Promise.all(others.map((task) => limit(() => one(task))))
  const free = markers.filter(({ key }) => !left.some((other) => isMarkerOf(key, other)))
  const last = await Promise.all(free.map((task) => limit(() => one(task))))
  const done = [...first, ...last].filter((item) => item !== undefined)
  return {
    interrupted: done.length < others.length + free.length,
    removed: done.filter(({ spared }) => !spared),
    spared: done.filter(({ spared }) => spared).map(({ spared: _, ...item }) => item),
  }
}

function isMarkerOf(marker: string, key: string): boolean {
  const role = roleOf(marker)
  return role.role === 'pending' && areOfOneBackup(role.artifact, key)
}
