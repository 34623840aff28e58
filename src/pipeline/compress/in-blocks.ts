import { availableParallelism } from 'node:os'
import type { Bytes } from '../bytes.ts'

/**
 * How many blocks are in work at once: one for each core, and one more that waits, so that no core idles while this
 * thread is busy with another stage. Node's thread pool has four threads unless UV_THREADPOOL_SIZE says otherwise;
 * more blocks than that would only take memory.
 */
const depth = (): number => Math.min(availableParallelism(), Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)) + 1

/**
 * Cuts `source` into blocks of `size` bytes (the last one shorter, none of them empty), hands each to `compress`, and
 * yields what the promises give, in the order of the blocks.
 *
 * `compress` is called in order, on this thread; a block's memory is used again once its promise has settled. When the
 * source throws or the consumer stops early, the blocks in work are waited for, so nothing runs on after the end.
 */
export async function* inBlocks<T>(
  source: Bytes,
  size: number,
  compress: (block: Uint8Array) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const most = depth()
  const spare: Uint8Array[] = []
  const running: Promise<T>[] = []
  let block: Uint8Array | undefined
  let filled = 0

  const start = (full: Uint8Array): void => {
    const job = compress(full.subarray(0, filled)).finally(() => spare.push(full))
    // Whoever takes the job from the queue sees its failure; until then it must not count as unhandled.
    job.catch(() => undefined)
    running.push(job)
    block = undefined
    filled = 0
  }

  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length;) {
        block ??= spare.pop() ?? Buffer.allocUnsafeSlow(size)
        const part = chunk.subarray(at, at + size - filled)
        block.set(part, filled)
        at += part.length
        filled += part.length
        if (filled < size) continue
        start(block)
        if (running.length >= most) yield (await running.shift()) as T
      }
    }
    if (block !== undefined) start(block)
    for (let job = running.shift(); job !== undefined; job = running.shift()) yield await job
  } finally {
    await Promise.allSettled(running)
  }
}
