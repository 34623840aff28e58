import type { Storage } from '../contract/storage.ts'
import { manifestKey, sibling } from '../catalog/layout.ts'
import { verifyMac } from '../catalog/manifest-mac.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { textOf } from '../catalog/read-object.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OperationContext } from './context.ts'
import { copyArtifacts } from './copy-artifacts.ts'
import type { FoundBackup } from './find-backup.ts'
import { hostFor } from './host-for.ts'
import { Placement } from './placement.ts'
import { retrying } from './retry.ts'

export interface CopyResult {
  readonly id: string
  readonly bytes: number
  readonly from: string
  readonly to: string
  /** False where it was there already, whole as far as sizes tell. */
  readonly copied: boolean
}

/**
 * Copies a backup to another storage: the bytes untouched, compared with the manifest's digests on the way, the
 * manifest last. On any failure the other storage has nothing. Nothing is done where the very backup is there already.
 * @throws OBJECT_EXISTS, LOCKED, ARTIFACT_CORRUPT, MANIFEST_INVALID, and what the storages throw
 */
export async function copyBackup(
  found: FoundBackup & { readonly manifest: Manifest; readonly manifestText: string },
  target: { readonly storage: Storage; readonly prefix: string },
  context: OperationContext,
): Promise<CopyResult> {
  const { storage, manifest, manifestText } = found
  // Where it takes no key to see that a manifest was changed, a changed one is not passed on.
  if (manifest.encryption.scheme === 'none') verifyMac(manifestText, undefined, storage.address(manifestKey(found.key)))
  const to = target.storage
  const subject = manifest.id
  const mainKey = target.prefix + found.key
  const bytes = manifest.members.reduce((sum, { artifact }) => sum + artifact.bytes, 0)
  const result = { id: manifest.id, bytes, from: storage.address(found.key), to: to.address(mainKey) }
  // The target may still have to be made. What else is wrong with it the next step tells, and tries again.
  if (await isThere().catch(() => false)) return { ...result, copied: false }
  context.signal.throwIfAborted()
  const placement = new Placement(to, context, subject)
  await retrying('opening the target', subject, context, () => placement.begin(mainKey, hostFor(context, subject)))
  context.report({ kind: 'phase', subject, phase: 'copying' })
  try {
    if (await to.stat(manifestKey(mainKey), hostFor(context, subject))) {
      throw new DbvaultError('OBJECT_EXISTS', `${to.address(mainKey)} is a backup already, and nothing is overwritten`)
    }
    const artifacts = manifest.members.map(({ artifact }) => ({
      storage,
      key: sibling(found.key, artifact.name),
      artifact,
      to: sibling(mainKey, artifact.name),
    }))
    const onBytes = (bytes: number): void => context.report({ kind: 'progress', subject, bytes })
    await copyArtifacts(artifacts, placement, { completing: true, onBytes }, context, subject)
    await placement.commit(manifestText)
  } catch (error) {
    await placement.discard()
    throw error
  } finally {
    context.report({ kind: 'finished', subject })
  }
  return { ...result, copied: true }

  async function isThere(): Promise<boolean> {
    const host = hostFor(context, subject)
    if ((await textOf(to, manifestKey(mainKey), host)) !== manifestText) return false
    for (const { artifact } of manifest.members) {
      if ((await to.stat(sibling(mainKey, artifact.name), host))?.bytes !== artifact.bytes) return false
    }
    return true
  }
}
