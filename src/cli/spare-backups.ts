import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Host } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type FoundBackup, findAtKey } from '../operations/find-backup.ts'
import { localStorage } from '../storage/local.ts'

/**
 * Refuses to restore into a file that is itself an artifact or a manifest, the one that is being restored included:
 * `--replace` is meant for a database, and would destroy a backup.
 * @throws TARGET_NOT_EMPTY
 */
export async function refuseToReplaceBackup(source: FoundBackup, path: string, host: Host): Promise<void> {
  const target = await realpath(path).catch(() => undefined)
  if (target === undefined) return
  const place = localStorage(dirname(target))
  const there = await findAtKey(place, basename(target), host).catch(() => undefined)
  const isSource = source.storage.address(source.key) === place.address(basename(target))
  if (!there?.manifest && !isSource) return
  throw new DbvaultError('TARGET_NOT_EMPTY', `${target} belongs to a stored backup, which a restore does not replace`, {
    hints: ['Restore to another path.'],
  })
}
