import type { Host } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'

/**
 * Removes blocks that no blob was made of. The service has no request for that, but drops those that a blob is made
 * without: so one of no block is made, where there is none, and deleted at once. Where there is one, its own blocks are
 * all that stays.
 */
export async function discardBlocks(container: Container, key: string, host: Host, signal: AbortSignal): Promise<void> {
  const blob = container.blob(key)
  try {
    const { etag } = await container.ask(signal, (abortSignal) =>
      blob.commitBlockList([], { abortSignal, conditions: { ifNoneMatch: '*' } }),
    )
    const conditions = etag === undefined ? {} : { ifMatch: etag }
    await container.ask(signal, (abortSignal) => blob.deleteIfExists({ abortSignal, conditions }))
  } catch (error) {
    const { status, code } = failureOf(error)
    if (code === 'BlobAlreadyExists' || (code !== 'ContainerNotFound' && (status === 409 || status === 412))) return
    throw azureError(error, `remove what is unfinished of ${container.address(key)}`, container, host)
  }
}
