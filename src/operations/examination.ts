import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'

/** One thing that was looked at before a backup needs it. */
export interface DoctorCheck {
  readonly area: 'machine' | 'source' | 'storage'
  /** Which machine, database or place. */
  readonly subject: string
  /** What was looked at, in a word or two. */
  readonly name: string
  /** `failed`: a backup would fail of it. `not tried`: something before it failed. */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'not tried'
  readonly detail: string
  readonly hints?: readonly string[]
  readonly error?: DbvaultError
}

/** What was found out about one subject, check by check. */
export class Examination {
  readonly checks: DoctorCheck[] = []
  readonly #area: DoctorCheck['area']
  readonly #subject: string
  readonly #signal: AbortSignal

  constructor(area: DoctorCheck['area'], subject: string, signal: AbortSignal) {
    this.#area = area
    this.#subject = subject
    this.#signal = signal
  }

  note(name: string, detail: string, outcome: DoctorCheck['outcome'] = 'ok', hints: readonly string[] = []): void {
    const check = { area: this.#area, subject: this.#subject, name, outcome, detail }
    this.checks.push(hints.length > 0 ? { ...check, hints } : check)
  }

  fail(name: string, error: DbvaultError): void {
    const { message: detail, hints } = error
    this.checks.push({ area: this.#area, subject: this.#subject, name, outcome: 'failed', detail, hints, error })
  }

  /**
   * Tries something, which answers with the detail of a check that went well.
   * @returns whether it did. Rejects only on an abort
   */
  async try(name: string, work: () => Promise<string>): Promise<boolean> {
    try {
      this.note(name, await work())
      return true
    } catch (error) {
      this.#signal.throwIfAborted()
      this.fail(name, asDbvaultError(error))
      return false
    }
  }
}
