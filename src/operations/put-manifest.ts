import { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { readText } from '../catalog/read-object.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OperationContext } from './context.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import { retrying } from './retry.ts'

/**
 * The commit itself: when this resolves a manifest of these very words is at the key, and when it rejects none is, as far
 * as can be told. The answer to a `put` may get lost and an abort may come a moment late, so what is there is looked at.
 * @param before runs first in each attempt; what it throws keeps the manifest from being written
 * @throws OBJECT_EXISTS when another manifest is there, which stays; what `before` and `put` throw
 */
export async function putManifest(
  place: { readonly storage: Storage; readonly key: string },
  text: string,
  context: OperationContext,
  subject: string,
  before: (host: Host) => Promise<void> = async () => {},
): Promise<void> {
  const { storage, key } = place
  let tried = false
  try {
    await retrying('the commit', subject, context, async () => {
      const host = hostFor(context, subject)
      await before(host)
      tried = true
      await storage.put(key, Readable.from([Buffer.from(text)]), host)
    })
  } catch (error) {
    if (!tried) throw error
    const host = cleanupHost(context, subject)
    const isOurs = (await readText(storage, key, host).catch(() => undefined)) === text
    if (isOurs && DbvaultError.is(error) && error.code === 'OBJECT_EXISTS') return
    if (isOurs) await storage.delete(key, host).catch(() => {})
    throw error
  }
}
