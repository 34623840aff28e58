import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import { type Encoding, suffixOf } from '../pipeline/encoding.ts'
import type { Destination } from './backup-request.ts'
import type { BackupRun } from './backup-run.ts'
import { copyArtifacts } from './copy-artifacts.ts'
import type { DumpedMember, Placed } from './dump-to-storage.ts'
import { keyFor } from './key-for.ts'
import { Placement } from './placement.ts'
import { retrying } from './retry.ts'

/** What is known of the destinations once the backup is proven in one of them. */
export interface PlacesSoFar {
  readonly placed: readonly Placed[]
  readonly proven: Placed
  /** Those that could not be opened before the dump. */
  readonly closed: ReadonlyMap<Destination, DbvaultError>
}

/**
 * Feeds the destinations that do not have the backup yet from one where it is proven, side by side, each with its own
 * retries and its own verdict. One that refused the backup for good is not tried again. Gives all destinations, in the
 * order of the request. Rejects only when the run is aborted; then nothing of what this has made is left.
 */
export async function feedOthers(
  run: BackupRun,
  members: readonly DumpedMember[],
  known: PlacesSoFar,
  encoding: Encoding,
): Promise<readonly Placed[]> {
  const { request, context, subject } = run
  const { proven } = known
  const newPlacement = ({ storage }: Destination): Placement =>
    new Placement(storage, context, subject, (message) => run.warn(message))
  const sentTo = (destination: Destination): Placed | undefined =>
    known.placed.find((one) => one.destination === destination)
  const settled = (destination: Destination): Placed | undefined => {
    const error = known.closed.get(destination)
    const place = sentTo(destination) ?? (error && { destination, placement: newPlacement(destination), error })
    return place?.error?.retryable ? undefined : place
  }
  const missing = request.destinations.filter((destination) => !settled(destination))
  if (missing.length === 0) return request.destinations.map((destination) => settled(destination) as Placed)
  run.phase('uploading')
  const passed = new Map<Destination, number>()
  const fed = new Map(
    await Promise.all(missing.map(async (destination) => [destination, await feed(destination)] as const)),
  )
  if (context.signal.aborted) {
    await Promise.all([...fed.values()].map(({ placement }) => placement.discard()))
    context.signal.throwIfAborted()
  }
  return request.destinations.map((destination) => fed.get(destination) ?? (settled(destination) as Placed))

  async function feed(destination: Destination): Promise<Placed> {
    const { storage } = destination
    const placement = sentTo(destination)?.placement ?? newPlacement(destination)
    const artifacts = members.map(({ name, format, artifact }, index) => ({
      storage: proven.placement.storage,
      key: proven.placement.keys[index] ?? '',
      artifact,
      to: keyFor(destination, {
        name,
        format,
        isMain: index === 0,
        suffix: suffixOf(encoding),
        engine: request.engine.descriptor.name,
        id: run.id,
      }),
    }))
    const onBytes = (bytes: number): void => {
      passed.set(destination, bytes)
      const total = [...passed.values()].reduce((sum, one) => sum + one, 0)
      context.report({ kind: 'progress', subject, bytes: total })
    }
    try {
      await retrying(`opening ${storage.label}`, subject, context, () =>
        placement.begin(artifacts[0]?.to ?? '', run.host()),
      )
      await copyArtifacts(artifacts, placement, { completing: false, onBytes }, context, subject)
      return { destination, placement }
    } catch (error) {
      await placement.discard()
      return { destination, placement, error: asDbvaultError(error, context.signal) }
    }
  }
}
