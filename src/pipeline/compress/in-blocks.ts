import { availableParallelism } from 'node:os'
import type { Bytes } from '../bytes.ts'
import type { BlockEncoder, EncodedBlock } from './block-encoder.ts'

/**
 * How many blocks are in work at once: one for each core, and two that wait, so that no core idles while this thread is
 * busy with another stage or a slow block holds up those behind it. Node's thread pool has four threads unless
 * UV_THREADPOOL_SIZE says otherwise; more blocks than that would only take memory.
 */
const depth = (): number => Math.min(availableParallelism(), Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)) + 2

/** An encoder and the memory of the block it works on; both are used again and again. */
interface Lane {
  readonly block: Uint8Array
  readonly encoder: BlockEncoder
}

/**
 * Cuts `source` into blocks of `size` bytes (the last one shorter, none of them empty), compresses them side by side
 * and yields them in order. `createEncoder` is called a few times, never once per block.
 *
 * When the source throws or the consumer stops early, the blocks in work are waited for: nothing runs on after the end.
 */
export async function* inBlocks(
  source: Bytes,
  size: number,
  createEncoder: () => BlockEncoder,
): AsyncGenerator<EncodedBlock, void, undefined> {
  const most = depth()
  const idle: Lane[] = []
  const running: Promise<EncodedBlock>[] = []
  let lane: Lane | undefined
  let filled = 0

  const start = (full: Lane): void => {
    const job = full.encoder.encode(full.block.subarray(0, filled)).finally(() => idle.push(full))
    // Whoever takes the job from the queue sees its failure; until then it must not count as unhandled.
    job.catch(() => undefined)
    running.push(job)
    lane = undefined
    filled = 0
  }

  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length;) {
        lane ??= idle.pop() ?? { block: Buffer.allocUnsafeSlow(size), encoder: createEncoder() }
        const part = chunk.subarray(at, at + size - filled)
        lane.block.set(part, filled)
        at += part.length
        filled += part.length
        if (filled < size) continue
        start(lane)
        if (running.length >= most) yield (await running.shift()) as EncodedBlock
      }
    }
    if (lane !== undefined) start(lane)
    for (let job = running.shift(); job !== undefined; job = running.shift()) yield await job
  } finally {
    await Promise.allSettled(running)
    lane?.encoder.close()
    for (const { encoder } of idle) encoder.close()
  }
}
