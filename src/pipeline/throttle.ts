import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './bytes.ts'

/** Lets through at most so many bytes a second, on average since the start, so that a backup leaves room for others. */
export function throttle(bytesPerSecond: number, signal: AbortSignal): Stage {
  return async function* (source) {
    const start = performance.now()
    let passed = 0
    for await (const chunk of source) {
      yield chunk
      passed += chunk.length
      const early = (passed / bytesPerSecond) * 1000 - (performance.now() - start)
      if (early > 1) await sleep(early, undefined, { signal })
    }
  }
}
