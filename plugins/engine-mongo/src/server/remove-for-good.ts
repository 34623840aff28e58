import { setTimeout as sleep } from 'node:timers/promises'

/** By then a request that was under way has been carried out, on any but a very slow server. */
const LOOK_AGAIN_MS = 500

/**
 * Removes something, and looks again until nothing is there any more: a request whose connection was lost may still be
 * running on the server, and an insert makes its collection, and that its database, anew.
 * @param remove says whether there was anything
 */
export async function removeForGood(remove: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let look = 1; (await remove()) || look === 1; look++) await sleep(LOOK_AGAIN_MS, undefined, { signal })
}
