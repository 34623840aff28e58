import { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Digested } from '../pipeline/artifact.ts'
import { linked } from '../pipeline/linked.ts'
import { Meter } from '../pipeline/meter.ts'
import type { OperationContext } from './context.ts'
import { cleanupHost, hostFor } from './host-for.ts'
import type { Placement } from './placement.ts'
import { retrying } from './retry.ts'

/** An artifact where it lies, and the key that its copy gets. */
export interface ArtifactCopy {
  readonly storage: Storage
  readonly key: string
  readonly artifact: Digested
  readonly to: string
}

export interface CopyOptions {
  /** Whether very equal bytes that are there already are taken for the copy: a killed copy has left them. */
  readonly completing: boolean
  /** Told how many bytes of all artifacts have been read so far. */
  readonly onBytes: (total: number) => void
}

/**
 * Copies artifacts into a placement that has begun, one after the other, each with its own retries: bytes untouched, and
 * required on the way to be those that were proven. Who calls discards the placement when this rejects.
 */
export async function copyArtifacts(
  artifacts: readonly ArtifactCopy[],
  placement: Placement,
  { completing, onBytes }: CopyOptions,
  context: OperationContext,
  subject: string,
): Promise<void> {
  const to = placement.storage
  let before = 0
  for (const one of artifacts) {
    const { bytes } = one.artifact
    const onPassed = (passed: number): void => onBytes(before + passed)
    try {
      await retrying(`the copy to ${to.label}`, subject, context, () => copyObject(one, to, onPassed, context, subject))
      placement.add(one.to, bytes)
    } catch (error) {
      const occupied = completing && DbvaultError.is(error) && error.code === 'OBJECT_EXISTS'
      if (!occupied || !(await holds(to, one.to, one.artifact, hostFor(context, subject)))) throw error
      placement.add(one.to, bytes, false)
    }
    before += bytes
  }
}

async function copyObject(
  source: ArtifactCopy,
  storage: Storage,
  onBytes: (passed: number) => void,
  context: OperationContext,
  subject: string,
): Promise<void> {
  await linked(context.signal, async (signal) => {
    const host = hostFor(context, subject, { signal })
    const body = unchanged(await source.storage.get(source.key, host), source, onBytes)
    const stat = await storage.put(source.to, Readable.from(body, { objectMode: false }), host)
    if (stat.bytes === source.artifact.bytes) return
    await storage.delete(source.to, cleanupHost(context, subject))
    throw new DbvaultError(
      'STORAGE_FAILED',
      `${storage.address(source.to)} has ${stat.bytes} bytes where ${source.artifact.bytes} were sent`,
    )
  })
}

async function* unchanged(
  body: AsyncIterable<Uint8Array>,
  source: ArtifactCopy,
  onBytes: (passed: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const meter = new Meter({ onBytes })
  yield* meter.measure(body)
  if (meter.sha256 === source.artifact.sha256) return
  throw new DbvaultError(
    'ARTIFACT_CORRUPT',
    `${source.storage.address(source.key)} is not what was stored: its sha256 differs`,
  )
}

/** Whether the very bytes are there. */
async function holds(storage: Storage, key: string, artifact: Digested, host: Host): Promise<boolean> {
  const meter = new Meter()
  for await (const _ of meter.measure(await storage.get(key, host))) if (meter.bytes > artifact.bytes) return false
  return meter.bytes === artifact.bytes && meter.sha256 === artifact.sha256
}
