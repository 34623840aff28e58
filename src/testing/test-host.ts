import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, HostEvent, Secret } from '../contract/host.ts'
import { atExit } from '../host/at-exit.ts'
import { createHost } from '../host/create-host.ts'

/** The real host, with a temporary root of its own, that remembers what was reported and can be aborted. */
export interface TestHost extends Host, AsyncDisposable {
  readonly events: readonly HostEvent[]
  /** Empty again after every call on a plugin that keeps its promises. */
  readonly tempRoot: string
  abort(reason?: unknown): void
}

const QUICK = { attempts: 3, minWaitMs: 10, maxWaitMs: 50 }

export interface TestHostOptions {
  /** Three attempts, with waits of some milliseconds, where absent. */
  readonly retry?: { readonly attempts: number; readonly minWaitMs: number; readonly maxWaitMs: number }
  readonly redact?: readonly Secret[]
  /** Where its temporary root is made: another disk than the system's, such as a small one. */
  readonly within?: string
}

export function testHost({ within = tmpdir(), ...options }: TestHostOptions = {}): TestHost {
  const tempRoot = mkdtempSync(join(within, 'dbvault-test-'))
  // Like /tmp, other users reach what is theirs in it.
  chmodSync(tempRoot, 0o711)
  // Not every test disposes of it.
  const forget = atExit(() => rmSync(tempRoot, { recursive: true, force: true }))
  const controller = new AbortController()
  const events: HostEvent[] = []
  const host = createHost({
    retry: QUICK,
    ...options,
    tempRoot,
    signal: controller.signal,
    report: (event) => void events.push(event),
  })
  return {
    ...host,
    events,
    tempRoot,
    abort: (reason = host.error('INTERRUPTED', 'Interrupted by a test')) => controller.abort(reason),
    async [Symbol.asyncDispose]() {
      await rm(tempRoot, { recursive: true, force: true })
      forget()
    },
  }
}
