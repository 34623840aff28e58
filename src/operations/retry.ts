import pRetry from 'p-retry'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OperationContext } from './context.ts'

export interface RetryLimits {
  /** How often a step is tried at most, the first time included. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled for each further one, with jitter. */
  readonly minWaitMs: number
  readonly maxWaitMs: number
}

export const DEFAULT_RETRY: RetryLimits = { attempts: 3, minWaitMs: 2000, maxWaitMs: 10_000 }

/**
 * Tries a step again when it failed for a passing reason, and tells the user each time. A permanent error, an abort,
 * and anything that is not a {@link DbvaultError} (a bug) are thrown at once. What was done is never reported as
 * aborted, since nobody would then take it back.
 */
export async function retrying<T>(
  step: string,
  subject: string,
  context: OperationContext,
  run: (attempt: number) => Promise<T>,
): Promise<T> {
  const { attempts, minWaitMs, maxWaitMs } = context.retry
  const done: T[] = []
  const attempt = async (number: number): Promise<void> => void done.push(await run(number))
  await pRetry(attempt, {
    retries: attempts - 1,
    factor: 2,
    minTimeout: minWaitMs,
    maxTimeout: Math.max(minWaitMs, maxWaitMs),
    randomize: true,
    signal: context.signal,
    shouldRetry: ({ error }) => DbvaultError.is(error) && error.retryable && !context.signal.aborted,
    onFailedAttempt: ({ error, attemptNumber, retriesLeft, retryDelay }) => {
      if (retriesLeft === 0 || !DbvaultError.is(error) || !error.retryable || context.signal.aborted) return
      context.report({
        kind: 'retry',
        subject,
        step,
        attempt: attemptNumber,
        attempts,
        waitMs: retryDelay,
        reason: error.message,
      })
    },
  }).catch((error: unknown) => {
    if (done.length === 0) throw error
  })
  return done[0] as T
}
