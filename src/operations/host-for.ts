import type { Host, Secret } from '../contract/host.ts'
import { createHost } from '../host/create-host.ts'
import type { OperationContext } from './context.ts'

interface HostForOptions {
  readonly signal?: AbortSignal
  readonly onWarning?: (message: string) => void
  /** What the plugin is given to log in with: cut out of whatever it says. */
  readonly secrets?: readonly (Secret | undefined)[]
}

/** The host of one step: its warnings, phases and estimates reach the user under the subject's name. */
export function hostFor(context: OperationContext, subject: string, options: HostForOptions = {}): Host {
  return createHost({
    signal: options.signal ?? context.signal,
    retry: context.retry,
    redact: [...(context.secrets ?? []), ...(options.secrets ?? [])].filter((secret) => secret !== undefined),
    ...(context.tempRoot !== undefined && { tempRoot: context.tempRoot }),
    report(event) {
      if (event.kind === 'warning') {
        options.onWarning?.(event.message)
        context.report({ kind: 'warning', subject, message: event.message })
      } else if (event.kind === 'retry') {
        const { what: step, ...failed } = event
        context.report({ ...failed, subject, step })
      } else if (event.kind === 'phase') context.report({ kind: 'phase', subject, phase: event.name })
      else context.report({ kind: 'estimate', subject, bytes: event.bytes })
    },
  })
}

/** A host for what a program asks of a storage or an engine itself. `subject` is what its events are said to be about. */
export function hostOf(context: OperationContext, subject = 'library'): Host {
  return hostFor(context, subject)
}

/** Clean-up goes on after an abort, for as long as this. */
const CLEANUP_MS = 20_000

/** A host for what must not be left half-done: it goes on for a while after an abort of the run. */
export function lastingHost(context: OperationContext, subject: string): Host {
  const late = new AbortController()
  const last = (): void => {
    setTimeout(() => late.abort(context.signal.reason), CLEANUP_MS).unref()
  }
  if (context.signal.aborted) last()
  else context.signal.addEventListener('abort', last, { once: true })
  return hostFor(context, subject, { signal: late.signal })
}

/** A host for removing what a failed or interrupted run has left: the run's own signal is dead by then. */
export function cleanupHost(context: OperationContext, subject: string): Host {
  return hostFor(context, subject, { signal: AbortSignal.timeout(CLEANUP_MS) })
}
