import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { manifestKey, sibling } from '../catalog/layout.ts'
import { verifyMac } from '../catalog/manifest-mac.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { startMarker } from '../catalog/pending-marker.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Digested } from '../pipeline/artifact.ts'
import { Meter } from '../pipeline/meter.ts'
import type { OperationContext } from './context.ts'
import { copyObject } from './copy-artifacts.ts'
import type { FoundBackup } from './find-backup.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import { putManifest } from './put-manifest.ts'
import { retrying } from './retry.ts'

export interface CopyResult {
  readonly id: string
  readonly bytes: number
  readonly from: string
  readonly to: string
}

/**
 * Copies a backup to another storage: the bytes untouched, compared with the manifest's digests on the way, the
 * manifest last. On any failure the other storage has nothing.
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
  const done: string[] = []
  const marker = await retrying('opening the target', subject, context, () =>
    startMarker(to, mainKey, hostFor(context, subject)),
  )
  context.report({ kind: 'phase', subject, phase: 'copying' })
  try {
    if (await to.stat(manifestKey(mainKey), hostFor(context, subject))) {
      throw new DbvaultError('OBJECT_EXISTS', `${to.address(mainKey)} is a backup already, and nothing is overwritten`)
    }
    for (const { artifact } of manifest.members) {
      const source = { storage, key: sibling(found.key, artifact.name), artifact }
      const key = sibling(mainKey, artifact.name)
      try {
        await retrying(`the copy to ${to.label}`, subject, context, () => copyObject(source, to, key, context, subject))
        done.push(key)
      } catch (error) {
        if (!isOccupied(error) || !(await holds(to, key, artifact, hostFor(context, subject)))) throw error
      }
    }
    await putManifest({ storage: to, key: manifestKey(mainKey) }, manifestText, context, subject)
  } catch (error) {
    const host = cleanupHost(context, subject)
    await Promise.allSettled(done.map((key) => to.delete(key, host)))
    throw error
  } finally {
    await marker.remove(cleanupHost(context, subject)).catch(() => {})
    context.report({ kind: 'finished', subject })
  }
  const bytes = manifest.members.reduce((sum, { artifact }) => sum + artifact.bytes, 0)
  return { id: manifest.id, bytes, from: storage.address(found.key), to: to.address(mainKey) }
}

const isOccupied = (error: unknown): boolean => DbvaultError.is(error) && error.code === 'OBJECT_EXISTS'

/** Whether the very bytes are there already: a copy that was killed before its manifest has left them. */
async function holds(storage: Storage, key: string, artifact: Digested, host: Host): Promise<boolean> {
  const meter = new Meter()
  for await (const _ of meter.measure(await storage.get(key, host))) if (meter.bytes > artifact.bytes) return false
  return meter.bytes === artifact.bytes && meter.sha256 === artifact.sha256
}
