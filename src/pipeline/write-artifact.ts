import type { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { isSpent } from '../host/retry.ts'
import type { Bytes } from './bytes.ts'
import { type Digested, asReadable } from './artifact.ts'
import { type Encoding, encode } from './encoding.ts'
import { Meter } from './meter.ts'
import { Tee } from './tee.ts'

const PATIENCE_MS = 60_000

export interface ArtifactPlace {
  readonly storage: Storage
  readonly key: string
}

export interface WrittenArtifact {
  readonly dump: Digested
  readonly artifact: Digested
  /** What became of each place, in their order: it has the whole artifact, or nothing and why. At least one has it. */
  readonly outcomes: readonly (ObjectStat | { readonly error: unknown })[]
}

export interface WriteOptions {
  readonly signal: AbortSignal
  /** Makes the host of one place, which may be left behind by itself. */
  readonly hostWith: (signal: AbortSignal) => Host
  readonly onDumpBytes: (total: number) => void
  /** How long one place may take nothing while another waits for it, in milliseconds; a minute where absent. */
  readonly patienceMs?: number
}

/**
 * Streams a dump through its encoding into one place, or into several at once: the slowest of them sets the pace, and
 * one that fails costs only itself. When this rejects no place has anything. A dump that waits for a silent tool ends
 * only by its own signal, which who calls has to abort.
 * @throws what the dump threw; what `put` threw, when no place took it
 */
export async function writeArtifact(
  dump: Bytes,
  encoding: Encoding,
  places: readonly ArtifactPlace[],
  { patienceMs = PATIENCE_MS, onDumpBytes, ...by }: WriteOptions,
): Promise<WrittenArtifact> {
  const dumped = new Meter({ onBytes: onDumpBytes })
  const written = new Meter()
  const flow = written.measure(encode(dumped.measure(dump), encoding))
  const outcomes = await putAt(places, flow, written, { ...by, patienceMs })
  return { dump: digested(dumped), artifact: digested(written), outcomes }
}

async function putAt(
  places: readonly ArtifactPlace[],
  flow: Bytes,
  written: Meter,
  { signal, hostWith, patienceMs }: Required<Omit<WriteOptions, 'onDumpBytes'>>,
): Promise<WrittenArtifact['outcomes']> {
  const [only, second] = places
  if (only && !second) return [await putWhole(only, asReadable(flow), written, hostWith(signal))]
  const stops = places.map(() => new AbortController())
  const tee = new Tee(flow, places.length, {
    patienceMs,
    onLeftBehind(reader) {
      const error = leftBehind(places[reader]?.storage.label ?? '', patienceMs)
      stops[reader]?.abort(error)
      return error
    },
  })
  const puts = places.map(async (place, reader) => {
    try {
      const own = AbortSignal.any([signal, (stops[reader] as AbortController).signal])
      return await putWhole(place, asReadable(tee.flows[reader] as Bytes), written, hostWith(own))
    } catch (error) {
      return { error }
    } finally {
      tee.leave(reader)
    }
  })
  const running = tee.run()
  const outcomes = await Promise.all(puts)
  if (tee.failure) throw tee.failure.error
  // The source is not waited for: if it is silent, only the signal that this error leads to can end it.
  if (outcomes.every((outcome) => 'error' in outcome)) throw noPlaceTook(places, outcomes)
  await running
  return outcomes
}

/** @throws STORAGE_FAILED when the storage holds another number of bytes than were sent */
async function putWhole(
  { storage, key }: ArtifactPlace,
  body: Readable,
  written: Meter,
  host: Host,
): Promise<ObjectStat> {
  const stat = await storage.put(key, body, host)
  if (stat.bytes === written.bytes) return stat
  await storage.delete(key, host).catch(() => {}) // Then it is an orphan, and listed as one.
  throw new DbvaultError(
    'STORAGE_FAILED',
    `${storage.address(key)} has ${stat.bytes} bytes where ${written.bytes} were sent`,
  )
}

/** What several places that all failed add up to, with the reason of each. */
export function noPlaceTook(
  places: readonly Pick<ArtifactPlace, 'storage'>[],
  outcomes: readonly { readonly error: unknown }[],
): unknown {
  const errors = outcomes.map(({ error }) => error)
  const foreign = errors.find((error) => !DbvaultError.is(error))
  if (foreign !== undefined) return foreign
  const known = errors.filter((error) => DbvaultError.is(error))
  const [first] = known
  const alike = known.every(({ code }) => code === first?.code)
  return new DbvaultError(
    alike && first ? first.code : 'SEVERAL_FAILED',
    `No place took the backup: ${known.map(({ message }, at) => `${places[at]?.storage.label}: ${message}`).join('; ')}`,
    {
      hints: [...new Set(known.flatMap(({ hints }) => hints))],
      retryable: known.some((error) => error.retryable && !isSpent(error)),
      cause: first,
    },
  )
}

function leftBehind(label: string, patienceMs: number): DbvaultError {
  return new DbvaultError(
    'STORAGE_UNREACHABLE',
    `${label} took nothing for ${patienceMs / 1000} s while the other places waited for it`,
    { retryable: true },
  )
}

function digested(meter: Meter): Digested {
  return { bytes: meter.bytes, sha256: meter.sha256 }
}
