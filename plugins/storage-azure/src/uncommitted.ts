import type { Host } from 'dbvault'
import type { Container } from './container.ts'
import { azureError } from './errors.ts'
import { failureOf } from './failure.ts'

export interface Block {
  /** As it was given when the block was sent. */
  readonly name: string
  readonly bytes: number
}

/** Blocks that were sent and are part of no blob. One attempt. */
export async function uncommitted(
  container: Container,
  key: string,
  host: Host,
  signal: AbortSignal,
): Promise<readonly Block[]> {
  try {
    const { uncommittedBlocks = [] } = await container.ask(signal, (abortSignal) =>
      container.blob(key).getBlockList('uncommitted', { abortSignal }),
    )
    return uncommittedBlocks.map(({ name, size }) => ({ name, bytes: size }))
  } catch (error) {
    if (failureOf(error).code === 'BlobNotFound') return []
    throw azureError(error, `look at ${container.address(key)}`, container, host)
  }
}
