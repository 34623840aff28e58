import { retry } from '../host/retry.ts'
import type { OperationContext } from './context.ts'

/** Tries a step again when it failed for a passing reason, as {@link retry} does, and tells the user each time. */
export async function retrying<T>(
  step: string,
  subject: string,
  context: OperationContext,
  run: (attempt: number) => Promise<T>,
): Promise<T> {
  return retry(run, context.retry, context.signal, (failed) => {
    context.report({ kind: 'retry', subject, step, ...failed })
  })
}
