import { Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { pendingKey } from './layout.ts'

const BEAT_MS = 60_000

/** How long after its last beat, by the storage's clock, a marker stands for a run that lives. */
export const MARKER_LIFE_MS = 15 * 60_000

export interface PendingMarker extends AsyncDisposable {
  /** Deletes the marker. Call it with a signal that still lives, also after an abort. */
  remove(host: Host): Promise<void>
}

/**
 * Says beside an artifact that has no manifest yet that its run lives, so that nobody takes it for litter. Each beat
 * puts the next marker before it deletes the last one, so there is no moment without one; nothing is ever overwritten.
 */
export async function startMarker(storage: Storage, artifactKey: string, host: Host): Promise<PendingMarker> {
  let beat = 1
  let beating: Promise<void> = Promise.resolve()
  await put(beat)

  const timer = setInterval(() => {
    beating = beating.then(next).catch(() => {
      // A beat may be missed: fourteen more follow before the marker counts as dead.
    })
  }, BEAT_MS)
  timer.unref()

  async function put(number: number): Promise<void> {
    await storage.put(
      pendingKey(artifactKey, number),
      Readable.from([Buffer.from('{"format":"dbvault-pending-1"}\n')]),
      host,
    )
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
    async remove(lastHost) {
      await stop()
      await storage.delete(pendingKey(artifactKey, beat), lastHost)
    },
    [Symbol.asyncDispose]: stop,
  }
}
