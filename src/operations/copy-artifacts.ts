import { Readable } from 'node:stream'
import type { Storage } from '../contract/storage.ts'
import { fileName, sibling } from '../catalog/layout.ts'
import { type PendingMarker, startMarker } from '../catalog/pending-marker.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Digested } from '../pipeline/artifact.ts'
import { linked } from '../pipeline/linked.ts'
import { Meter } from '../pipeline/meter.ts'
import type { Destination } from './backup-request.ts'
import type { OperationContext } from './context.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import { retrying } from './retry.ts'

/** An artifact where it lies. */
export interface PlacedArtifact {
  readonly storage: Storage
  readonly key: string
  readonly artifact: Digested
}

/** What became of one further destination: the keys in the order of the members, or why not. */
export type Copied =
  | {
      readonly destination: Destination
      readonly keys: readonly string[]
      readonly marker: PendingMarker
      discard(): Promise<void>
    }
  | { readonly destination: Destination; readonly error: DbvaultError }

/**
 * Feeds further destinations from artifacts that are proven already, side by side, each with its own retries and its
 * own verdict. Rejects only when the whole run is aborted; then nothing of the copies is left.
 */
export async function copyArtifacts(
  sources: readonly PlacedArtifact[],
  destinations: readonly Destination[],
  context: OperationContext,
  subject: string,
): Promise<readonly Copied[]> {
  if (destinations.length === 0) return []
  context.report({ kind: 'phase', subject, phase: 'uploading' })
  const copied = await Promise.all(destinations.map((destination) => copyTo(destination, sources, context, subject)))
  if (context.signal.aborted) {
    await Promise.all(copied.map(discardCopy))
    context.signal.throwIfAborted()
  }
  return copied
}

/** Takes a copy back. Throws nothing: what cannot be deleted is an orphan, and listed as one. */
export async function discardCopy(copy: Copied): Promise<void> {
  if ('keys' in copy) await copy.discard()
}

async function copyTo(
  destination: Destination,
  sources: readonly PlacedArtifact[],
  context: OperationContext,
  subject: string,
): Promise<Copied> {
  const { storage } = destination
  const keys = sources.map((source, index) => keyAt(destination, sources, source, index))
  const done: string[] = []
  let marker: PendingMarker | undefined
  const discard = async (): Promise<void> => {
    const host = cleanupHost(context, subject)
    await Promise.allSettled([...done.map((key) => storage.delete(key, host)), marker?.remove(host)])
  }
  try {
    marker = await startMarker(storage, keys[0] ?? '', hostFor(context, subject))
    for (const [index, source] of sources.entries()) {
      const key = keys[index] ?? ''
      await retrying(`the copy to ${storage.label}`, subject, context, () =>
        copyObject(source, storage, key, context, subject),
      )
      done.push(key)
    }
    return { destination, keys, marker, discard }
  } catch (error) {
    await discard()
    return { destination, error: asDbvaultError(error, context.signal) }
  }
}

/** Copies bytes untouched, and requires on the way that they are still those that were proven. */
export async function copyObject(
  source: PlacedArtifact,
  storage: Storage,
  key: string,
  context: OperationContext,
  subject: string,
): Promise<void> {
  await linked(context.signal, async (signal) => {
    const host = hostFor(context, subject, { signal })
    const body = await source.storage.get(source.key, host)
    const stat = await storage.put(
      key,
      Readable.from(unchanged(body, source, subject, context), { objectMode: false }),
      host,
    )
    if (stat.bytes === source.artifact.bytes) return
    await storage.delete(key, cleanupHost(context, subject))
    throw new DbvaultError(
      'STORAGE_FAILED',
      `${storage.address(key)} has ${stat.bytes} bytes where ${source.artifact.bytes} were sent`,
    )
  })
}

async function* unchanged(
  body: AsyncIterable<Uint8Array>,
  source: PlacedArtifact,
  subject: string,
  context: OperationContext,
): AsyncGenerator<Uint8Array, void> {
  const meter = new Meter({ onBytes: (bytes) => context.report({ kind: 'progress', subject, bytes }) })
  yield* meter.measure(body)
  if (meter.sha256 === source.artifact.sha256) return
  throw new DbvaultError(
    'ARTIFACT_CORRUPT',
    `${source.storage.address(source.key)} is not what was stored: its sha256 differs`,
  )
}

function keyAt(
  destination: Destination,
  sources: readonly PlacedArtifact[],
  source: PlacedArtifact,
  index: number,
): string {
  if (destination.key === undefined) return (destination.prefix ?? '') + source.key
  const main = sources[0]
  if (index === 0 || !main) return destination.key
  // A further member keeps what its name adds to the main artifact's.
  return sibling(destination.key, `${fileName(destination.key)}.${fileName(source.key)}`)
}
