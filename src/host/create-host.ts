import { tmpdir } from 'node:os'
import type { Host, HostEvent, Secret, ToolCall } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { feedTool } from './feed-tool.ts'
import { assertObjectKey } from './object-key.ts'
import { redact } from './redact.ts'
import { DEFAULT_RETRY, type RetryLimits, retryRequest } from './retry.ts'
import { runTool } from './run-tool.ts'
import { secretFile } from './secret-file.ts'
import { tempDir } from './temp-dir.ts'
import { download } from './transfer/download.ts'
import { upload } from './transfer/upload.ts'

export interface HostOptions {
  readonly signal: AbortSignal
  readonly report?: (event: HostEvent) => void
  /** Where temporary directories are made; the system's own place by default. */
  readonly tempRoot?: string
  /** The secrets of this run: cut out of what programs say, of reports and of errors that are made with the host. */
  readonly redact?: readonly Secret[]
  readonly retry?: RetryLimits
}

/** What a plugin gets as its whole run-time world. */
export function createHost(options: HostOptions): Host {
  const { signal, tempRoot = tmpdir(), redact: ofRun = [], retry: limits = DEFAULT_RETRY } = options
  const clean = (text: string): string => redact(text, ofRun)
  const signalOf = (call: ToolCall): AbortSignal => {
    const wanted = call.cleanup ? timedOut(call) : signal
    return call.signal ? AbortSignal.any([wanted, call.signal]) : wanted
  }
  const secretsOf = (call: ToolCall): readonly Secret[] => [...ofRun, ...(call.redact ?? [])]

  function report(event: HostEvent): void {
    try {
      if (event.kind === 'warning') options.report?.({ ...event, message: clean(event.message) })
      else if (event.kind === 'retry') options.report?.({ ...event, reason: clean(event.reason) })
      else options.report?.(event)
    } catch {
      // A progress line that cannot be shown is no reason for a backup to fail.
    }
  }

  const retry: Host['retry'] = (what, request, until = signal) =>
    retryRequest(request, limits, until, (failed) => report({ kind: 'retry', what, ...failed }))
  const ownTempDir: Host['tempDir'] = (owner) => tempDir(tempRoot, report, owner)

  return {
    signal,
    report,
    retry,
    upload: (body, steps) => upload(body, steps, { signal, report, retry, tempDir: ownTempDir }),
    download: (source) => download(source, { signal, report, retry, limits }),
    assertObjectKey,
    runTool: (call, input) => runTool(call, signalOf(call), secretsOf(call), input),
    feedTool: (call, input) => feedTool(call, input, signalOf(call), secretsOf(call)),
    secretFile: (text) => secretFile(text, tempRoot),
    tempDir: ownTempDir,
    error: (code, message, details = {}) =>
      new DbvaultError(code, clean(message), {
        ...details,
        ...(details.hints === undefined ? {} : { hints: details.hints.map(clean) }),
      }),
  }
}

/** For what has to run although the run itself was told to stop, and must not hang either. */
function timedOut({ command, cleanup }: ToolCall): AbortSignal {
  const controller = new AbortController()
  const late = new DbvaultError('TIMED_OUT', `${command} took too long to clean up`)
  setTimeout(() => controller.abort(late), cleanup?.withinMs).unref()
  return controller.signal
}
