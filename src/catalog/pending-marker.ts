import { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import { pendingKey, roleOf } from './layout.ts'
import { textOf } from './read-object.ts'

/** How often a run that lives puts its next marker. */
export const BEAT_MS = 60_000
const MARKER = 'dbvault-pending-'
const CLEANUP_MS = 20_000

/** How long after its last beat, by the storage's clock, a marker stands for a run that lives. */
export const MARKER_LIFE_MS = 15 * 60_000

export interface PendingMarker extends AsyncDisposable {
  /** By the storage's own clock. */
  readonly startedAt: Date
  /** Deletes the marker. Call it with a signal that still lives, also after an abort. */
  remove(host: Host): Promise<void>
}

type Found = ObjectStat & { readonly beat: number }

const livesAt = (now: Date, beat: Date): boolean => now.getTime() - beat.getTime() < MARKER_LIFE_MS

const isCode = (error: unknown, code: ErrorCode): boolean => DbvaultError.is(error) && error.code === code

/** Whether an object with the name of a marker is one, of whatever version. */
export const isMarkerText = (text: string): boolean => text.slice(0, 100).includes(`"${MARKER}`)

/**
 * Says beside an artifact that has no manifest yet that its run lives, so that nobody takes it for litter. Each beat
 * puts the next marker before it deletes the last one, so there is no moment without one; nothing is ever overwritten.
 * What a killed run has left at this place is taken over once it is dead.
 * @throws LOCKED when another run may be at the same artifact, and what `put` throws
 */
export async function startMarker(storage: Storage, artifactKey: string, host: Host): Promise<PendingMarker> {
  let beating: Promise<void> = Promise.resolve()
  let beat = 1
  let startedAt: Date
  /** Put without an answer that could be trusted: they may be there. */
  const doubtful = new Set<number>()
  try {
    startedAt = (await put(beat)).modifiedAt
    await yieldToOlder(startedAt).catch(async (error: unknown) => {
      // Else the next attempt would take it for another run's. The run's own signal may be dead by now.
      await storage
        .delete(pendingKey(artifactKey, 1), { ...host, signal: AbortSignal.timeout(CLEANUP_MS) })
        .catch(() => {})
      throw error
    })
  } catch (error) {
    if (!isCode(error, 'OBJECT_EXISTS')) throw error
    ;({ beat, startedAt } = await takeOver())
  }

  const timer = setInterval(() => {
    beating = beating.then(next).catch(() => {
      // A beat may be missed: fourteen more follow before the marker counts as dead.
    })
  }, BEAT_MS)
  timer.unref()

  async function put(number: number): Promise<ObjectStat> {
    return storage.put(
      pendingKey(artifactKey, number),
      Readable.from([Buffer.from(`${JSON.stringify({ format: `${MARKER}1` })}\n`)]),
      host,
    )
  }
  async function markers(): Promise<readonly Found[]> {
    const found: Found[] = []
    for await (const stat of storage.list(`${artifactKey}.pending-`, host)) {
      const role = roleOf(stat.key)
      if (role.role === 'pending' && role.artifact === artifactKey) found.push({ ...stat, beat: role.beat })
    }
    return found
  }
  /**
   * A run that lives has long gone on to higher numbers than the one that was free. One that begins at this moment has put
   * the next number, later than ours, and yields itself.
   */
  async function yieldToOlder(startedAt: Date): Promise<void> {
    const found = await markers().catch((error: unknown) => {
      // Who may only write cannot look; then names of its own keep runs apart.
      if (isCode(error, 'STORAGE_DENIED')) return []
      throw error
    })
    const isOlder = ({ modifiedAt, beat: other }: Found): boolean =>
      other > 1 && livesAt(startedAt, modifiedAt) && (modifiedAt < startedAt || (other > 2 && modifiedAt <= startedAt))
    if (found.some(isOlder)) throw locked()
  }
  /** The age of the markers there is told by the storage's own clock, which has just dated ours. */
  async function takeOver(): Promise<{ beat: number; startedAt: Date }> {
    const found = await markers()
    const own = Math.max(1, ...found.map((other) => other.beat)) + 1
    const { modifiedAt: startedAt } = await put(own)
    const lives = found.some(({ modifiedAt }) => livesAt(startedAt, modifiedAt))
    const ended = lives ? [pendingKey(artifactKey, own)] : await ours(found)
    for (const key of ended) await storage.delete(key, host)
    if (!lives) return { beat: own, startedAt }
    throw locked()
  }
  /** What only has the name of a marker is somebody else's. */
  async function ours(found: readonly Found[]): Promise<readonly string[]> {
    const texts = await Promise.all(found.map(({ key }) => textOf(storage, key, host)))
    return found.filter((_, place) => isMarkerText(texts[place] ?? '')).map(({ key }) => key)
  }
  function locked(): DbvaultError {
    return new DbvaultError('LOCKED', `Another run is making ${storage.address(artifactKey)}, or was killed at it`, {
      hints: ['Wait until it is done. What a killed run has left holds others up for 15 minutes.'],
    })
  }
  /** A number that is taken is passed over: by a put of ours whose answer was lost, or by a run that looks whether this one lives. */
  async function next(): Promise<void> {
    for (let number = beat + 1; ; number++) {
      try {
        await put(number)
      } catch (error) {
        if (isCode(error, 'OBJECT_EXISTS')) continue
        doubtful.add(number)
        throw error
      }
      const before = beat
      beat = number
      await removeOne(before, host)
      for (const one of doubtful) await removeOne(one, host)
      return
    }
  }
  async function removeOne(number: number, lastHost: Host): Promise<void> {
    doubtful.add(number)
    await storage.delete(pendingKey(artifactKey, number), lastHost)
    doubtful.delete(number)
  }
  async function stop(): Promise<void> {
    clearInterval(timer)
    await beating
  }
  return {
    startedAt,
    async remove(lastHost) {
      await stop()
      for (const number of [beat, ...doubtful]) await removeOne(number, lastHost)
    },
    [Symbol.asyncDispose]: stop,
  }
}
