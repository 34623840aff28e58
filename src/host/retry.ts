import { setTimeout as sleep } from 'node:timers/promises'
import pRetry from 'p-retry'
import { DbvaultError } from '../errors/dbvault-error.ts'

export interface RetryLimits {
  /** How often a step is tried at most, the first time included. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled for each further one, with jitter. */
  readonly minWaitMs: number
  readonly maxWaitMs: number
}

export const DEFAULT_RETRY: RetryLimits = { attempts: 3, minWaitMs: 2000, maxWaitMs: 10_000 }

/** A server that asks for more is not waited for so long. */
const LONGEST_RETRY_AFTER_MS = 300_000

/** A failed attempt that will be followed by another one. */
export interface FailedAttempt {
  readonly attempt: number
  readonly attempts: number
  readonly waitMs: number
  readonly reason: string
}

const spent = new WeakSet<Error>()

/** Whether an error is one after which something was already tried again as often as it may be. */
export const isSpent = (error: Error): boolean => spent.has(error)

/**
 * Tries something again when it failed for a passing reason, and tells of it each time. A permanent error, an abort, and
 * anything that is not a {@link DbvaultError} (a bug) are thrown at once. What was done is never reported as aborted,
 * since nobody would then take it back.
 */
export async function retry<T>(
  run: (attempt: number) => Promise<T>,
  limits: RetryLimits,
  signal: AbortSignal,
  onFailed: (failed: FailedAttempt) => void,
): Promise<T> {
  const { attempts, minWaitMs, maxWaitMs } = limits
  const done: T[] = []
  const attempt = async (number: number): Promise<void> => void done.push(await run(number))
  const isPassing = (error: unknown): error is DbvaultError =>
    DbvaultError.is(error) && error.retryable && !spent.has(error) && !signal.aborted
  await pRetry(attempt, {
    retries: attempts - 1,
    factor: 2,
    minTimeout: minWaitMs,
    maxTimeout: Math.max(minWaitMs, maxWaitMs),
    randomize: true,
    signal,
    shouldRetry: ({ error }) => isPassing(error),
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft, retryDelay }) => {
      if (retriesLeft === 0 || !isPassing(error)) return
      const asked = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
      const waitMs = Math.max(retryDelay, asked)
      onFailed({ attempt: attemptNumber, attempts, waitMs, reason: error.message })
      if (waitMs > retryDelay) await sleep(waitMs - retryDelay, undefined, { signal }).catch(() => {}) // Seen by pRetry.
    },
  }).catch((error: unknown) => {
    if (done.length === 0) throw error
  })
  return done[0] as T
}

/** The same for one request: after its last attempt, the step that it is part of does not try all of them again. */
export async function retryRequest<T>(...[run, ...rest]: Parameters<typeof retry<T>>): Promise<T> {
  return retry(run, ...rest).catch((error: unknown) => {
    if (error instanceof Error) spent.add(error)
    throw error
  })
}
