import type { Secret } from '../contract/host.ts'
import { DEFAULT_RETRY, type RetryLimits } from '../host/retry.ts'

/** What every operation gets besides its request: the run that it is part of. */
export interface OperationContext {
  readonly signal: AbortSignal
  /** Told what happens, as it happens. Must not throw. */
  readonly report: (event: OperationEvent) => void
  readonly retry: RetryLimits
  /** Where scratch and spool files go; the system's own temp folder where absent. */
  readonly tempRoot?: string
  /** What plugins were given to log in with: cut out of whatever they say. */
  readonly secrets?: readonly Secret[]
}

export type OperationEvent =
  /** A step begins. `subject` is the label of the database or the id of the backup. */
  | { readonly kind: 'phase'; readonly subject: string; readonly phase: string }
  /** About how many bytes the dump will have. */
  | { readonly kind: 'estimate'; readonly subject: string; readonly bytes: number }
  /** Bytes of the dump that passed so far in this phase. */
  | { readonly kind: 'progress'; readonly subject: string; readonly bytes: number }
  | { readonly kind: 'warning'; readonly subject: string; readonly message: string }
  | {
      readonly kind: 'retry'
      readonly subject: string
      readonly step: string
      readonly attempt: number
      readonly attempts: number
      readonly waitMs: number
      readonly reason: string
    }
  /** A subject is finished, well or not: its progress line can go. */
  | { readonly kind: 'finished'; readonly subject: string }

/** A context for programs: what is not given is silent, never aborted, and retried as the command line does. */
export function contextOf(given: Partial<OperationContext> = {}): OperationContext {
  return { signal: new AbortController().signal, report: () => {}, retry: DEFAULT_RETRY, ...given }
}
