import { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { pendingKey, roleOf } from './layout.ts'

const BEAT_MS = 60_000
const MARKER = 'dbvault-pending-'

/** How long after its last beat, by the storage's clock, a marker stands for a run that lives. */
export const MARKER_LIFE_MS = 15 * 60_000

export interface PendingMarker extends AsyncDisposable {
  /** By the storage's own clock. */
  readonly startedAt: Date
  /** Deletes the marker. Call it with a signal that still lives, also after an abort. */
  remove(host: Host): Promise<void>
}

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
  try {
    startedAt = (await put(beat)).modifiedAt
  } catch (error) {
    if (!DbvaultError.is(error) || error.code !== 'OBJECT_EXISTS') throw error
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
  /** The age of the markers there is told by the storage's own clock, which has just dated ours. */
  async function takeOver(): Promise<{ beat: number; startedAt: Date }> {
    const found: (ObjectStat & { readonly beat: number })[] = []
    for await (const stat of storage.list(`${artifactKey}.pending-`, host)) {
      const role = roleOf(stat.key)
      if (role.role === 'pending' && role.artifact === artifactKey) found.push({ ...stat, beat: role.beat })
    }
    const own = Math.max(1, ...found.map((other) => other.beat)) + 1
    const { modifiedAt: startedAt } = await put(own)
    const lives = found.some(({ modifiedAt }) => startedAt.getTime() - modifiedAt.getTime() < MARKER_LIFE_MS)
    const ended = lives ? [pendingKey(artifactKey, own)] : found.map(({ key }) => key)
    for (const key of ended) await storage.delete(key, host)
    if (!lives) return { beat: own, startedAt }
    throw new DbvaultError('LOCKED', `Another run is making ${storage.address(artifactKey)}, or was killed at it`, {
      hints: ['Wait until it is done. What a killed run has left holds others up for 15 minutes.'],
    })
  }
  async function next(): Promise<void> {
    await put(beat + 1)
    beat += 1
    await storage.delete(pendingKey(artifactKey, beat - 1), host)
  }
  async function stop(): Promise<void> {
    clearInterval(timer)
    await beating
  }
  return {
    startedAt,
    async remove(lastHost) {
      await stop()
      await storage.delete(pendingKey(artifactKey, beat), lastHost)
    },
    [Symbol.asyncDispose]: stop,
  }
}
