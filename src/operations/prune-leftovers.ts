import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { manifestKey, roleOf } from '../catalog/layout.ts'
import type { Leftover } from '../catalog/litter.ts'
import { areOfOneBackup, findMarkers, isAlive, stemOf } from '../catalog/orphans.ts'
import type { PruneItem, PruneWork } from './prune-work.ts'

const WHY: Readonly<Record<Leftover['kind'], string>> = {
  artifact: 'no manifest: its run ended before it was a backup',
  record: 'the backup that it is about is gone',
  upload: 'its run ended before it was whole',
  marker: 'its run is over',
}

export function leftoverItem({ kind, key, bytes, since }: Leftover, storage: Storage): PruneItem {
  return {
    kind,
    address: storage.address(key),
    ...(bytes !== undefined && { bytes }),
    since: since.toISOString(),
    why: WHY[kind],
  }
}

/** Removes what a dead run has left, unless it is no longer what was listed. */
export function leftoverWork(leftover: Leftover, storage: Storage, now: Date, host: Host): PruneWork {
  const { key, upload, since } = leftover
  return {
    item: leftoverItem(leftover, storage),
    key,
    async remove() {
      const why = await revived(leftover, storage, now, host)
      if (why !== undefined) return why
      if (upload) {
        await storage.abortUnfinished(upload, host)
        return undefined
      }
      const stat = await storage.stat(key, host)
      if (stat && stat.modifiedAt.getTime() !== since.getTime()) return 'it was replaced meanwhile'
      if (stat) await storage.delete(key, host)
      return undefined
    },
  }
}

/** Whether a run has come to it since it was listed, or there is a manifest that the listing lacked. */
async function revived({ kind, key }: Leftover, storage: Storage, now: Date, host: Host): Promise<string | undefined> {
  if (kind === 'marker') return undefined
  const found = new Map<string, ObjectStat>()
  for await (const stat of storage.list(stemOf(key) ?? key, host)) found.set(stat.key, stat)
  const markers = findMarkers(found).filter(({ artifact }) => areOfOneBackup(artifact, key))
  if (markers.some(({ modifiedAt }) => isAlive(modifiedAt, now))) return 'a run has come to it'
  if (kind === 'upload') return undefined
  const listed = [...found.keys()].some((one) => roleOf(one).role === 'manifest' && areOfOneBackup(one, key))
  const hidden = kind === 'artifact' && (await storage.stat(manifestKey(key), host)) !== undefined
  return listed || hidden ? 'there is a manifest beside it' : undefined
}
