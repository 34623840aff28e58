import type { Host } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'
import { head } from './head.ts'

/** Tells a blob that is there for a moment only, to drop blocks, from every other one. */
const MARK = 'dbvaultdiscards'

/**
 * Removes blocks that no blob was made of. The service has no request for that, but drops those that a blob is made
 * without: so one of no block is made, where there is none, and deleted at once. Where there is one, its own blocks are
 * all that stays. When an answer is lost and this is called again, the mark tells its own blob.
 */
export async function discardBlocks(container: Container, key: string, host: Host, signal: AbortSignal): Promise<void> {
  const blob = container.blob(key)
  try {
    const etag = (await makeEmpty()) ?? (await leftBehind())
    if (etag === undefined) return
    await container.ask(signal, (abortSignal) => blob.deleteIfExists({ abortSignal, conditions: { ifMatch: etag } }))
  } catch (error) {
    throw azureError(error, `remove what is unfinished of ${container.address(key)}`, container, host)
  }

  /** Undefined where there is a blob already. */
  async function makeEmpty(): Promise<string | undefined> {
    const options = { conditions: { ifNoneMatch: '*' }, metadata: { [MARK]: 'yes' } }
    try {
      const { etag } = await container.ask(signal, (abortSignal) =>
        blob.commitBlockList([], { ...options, abortSignal }),
      )
      return etag
    } catch (error) {
      const { code } = failureOf(error)
      if (code === 'BlobAlreadyExists' || code === 'ConditionNotMet') return undefined
      throw error
    }
  }

  async function leftBehind(): Promise<string | undefined> {
    const found = await head(container, key, host, signal)
    return found?.metadata?.[MARK] === undefined || found.contentLength !== 0 ? undefined : found.etag
  }
}
