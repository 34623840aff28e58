import type { Fingerprint, Format, Member } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import { fileName } from '../catalog/layout.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { oneLine } from '../errors/one-line.ts'
import { unlessAborted } from '../host/unless-aborted.ts'
import { type Encoding, suffixOf } from '../pipeline/encoding.ts'
import { linked, settleAll } from '../pipeline/linked.ts'
import { throttle } from '../pipeline/throttle.ts'
import { noPlaceTook, writeArtifact } from '../pipeline/write-artifact.ts'
import type { Destination, MemberResult } from './backup-request.ts'
import type { BackupRun } from './backup-run.ts'
import { keyFor } from './key-for.ts'
import { Placement } from './placement.ts'

/** A dump as it lies in some places, not committed yet. */
export interface DumpedBackup {
  readonly members: readonly DumpedMember[]
  readonly fingerprint?: Fingerprint
  /** Each place that the dump was sent to, in the order of the request. At least one has it. */
  readonly placed: readonly Placed[]
}

export interface DumpedMember extends MemberResult {
  readonly format: Format
}

/** One destination: it has all the artifacts, not committed yet, or nothing, and why. */
export interface Placed {
  readonly destination: Destination
  readonly placement: Placement
  readonly error?: DbvaultError
}

/**
 * Runs the dump once, from its first byte into all of the destinations, each of which may fail by itself. When this
 * rejects, none of them holds anything of it.
 */
export async function dumpToStorage(
  run: BackupRun,
  encoding: Encoding,
  destinations: readonly Destination[],
): Promise<DumpedBackup> {
  const { request, context, subject } = run
  const members: DumpedMember[] = []
  const places = destinations.map((destination) => ({
    destination,
    placement: new Placement(destination.storage, context, subject, (message) => run.warn(message)),
    error: undefined as DbvaultError | undefined,
  }))

  run.phase('dumping')
  try {
    return await linked(context.signal, async (signal, fail) => {
      const host = run.host(signal)
      await using dump = request.engine.dump({ source: request.source, fingerprint: request.prove !== 'none' }, host)
      const [, fingerprint] = await settleAll(
        [
          storeMembers(dump.members, host),
          request.prove === 'none' ? Promise.resolve(undefined) : unlessAborted(signal, dump.fingerprint()),
        ],
        fail,
      )
      if (members.length === 0)
        throw new DbvaultError('DUMP_FAILED', `The engine ${request.engine.descriptor.name} dumped nothing at all`)
      return {
        members,
        placed: places.map(({ error, ...place }) => (error ? { ...place, error } : place)),
        ...(fingerprint && { fingerprint }),
      }
    })
  } catch (error) {
    await Promise.all(places.map(({ placement }) => placement.discard()))
    throw error
  }

  async function storeMembers(source: AsyncIterable<Member>, host: Host): Promise<void> {
    for await (const member of source) await storeMember(member, host)
  }

  async function storeMember(member: Member, host: Host): Promise<void> {
    const isMain = members.length === 0
    const naming = { ...member, isMain, suffix: suffixOf(encoding), engine: request.engine.descriptor.name, id: run.id }
    if (isMain) {
      await each(async ({ destination, placement }) => placement.begin(keyFor(destination, naming), host))
    }
    const live = places.filter(({ error }) => !error)
    const targets = live.map(({ destination }) => ({
      storage: destination.storage,
      key: keyFor(destination, naming),
    }))
    const before = members.reduce((sum, { dump }) => sum + dump.bytes, 0)
    const own = throwingErrors(member.bytes)
    const bytes = request.limitRate === undefined ? own : throttle(request.limitRate, host.signal)(own)
    const { outcomes, ...written } = await writeArtifact(bytes, encoding, targets, {
      signal: host.signal,
      hostWith: (signal) => run.host(signal),
      onDumpBytes: (total) => context.report({ kind: 'progress', subject, bytes: before + total }),
    })
    await Promise.all(
      live.map(async (place, at) => {
        const outcome = outcomes[at]
        if (!outcome || 'error' in outcome) await giveUp(place, outcome?.error)
        else place.placement.add(targets[at]?.key ?? '', written.artifact.bytes)
      }),
    )
    members.push({
      name: member.name,
      format: member.format,
      artifact: {
        name: fileName(targets[0]?.key ?? ''),
        ...written.artifact,
        compression: encoding.compression,
        encryption: encoding.cipher?.scheme ?? 'none',
      },
      dump: written.dump,
    })
  }

  /** Does something at each place; one at which it fails is given up, and only if all do that is an error. */
  async function each(work: (place: (typeof places)[number]) => Promise<void>): Promise<void> {
    await Promise.all(places.map((place) => work(place).catch((error: unknown) => giveUp(place, error))))
    const failed = places.flatMap(({ error }) => (error ? [{ error }] : []))
    if (failed.length < places.length) return
    throw failed.length === 1
      ? failed[0]?.error
      : noPlaceTook(
          places.map(({ placement }) => placement),
          failed,
        )
  }

  async function giveUp(place: (typeof places)[number], error: unknown): Promise<void> {
    place.error = asDbvaultError(error, context.signal)
    // What may pass is tried again later, under the same marker.
    await (place.error.retryable ? place.placement.clear() : place.placement.discard())
  }
}

/** A stream that is closed with something else than an error counts as closed by nobody's fault. */
async function* throwingErrors(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (thrown) {
    throw thrown instanceof Error ? thrown : new Error(oneLine(thrown), { cause: thrown })
  }
}
