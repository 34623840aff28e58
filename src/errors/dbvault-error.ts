import type { ErrorCode } from './error-code.ts'

export interface ErrorDetails {
  /** What the user can do next, one step each, in the user's own words (flags and commands, not internals). */
  readonly hints?: readonly string[]
  /** True when the same call may succeed if simply made again. */
  readonly retryable?: boolean
  /** How many milliseconds a server has asked to be left alone for. */
  readonly retryAfterMs?: number
  /** Kept for `DEBUG`; never printed to users, since it may quote what a server or tool said. */
  readonly cause?: unknown
}

const BRAND = Symbol.for('dbvault.error')

/** The one error class. `message` says what is wrong and why, in one line, and never holds a secret. */
export class DbvaultError extends Error {
  override readonly name = 'DbvaultError'
  readonly code: ErrorCode
  readonly hints: readonly string[]
  readonly retryable: boolean
  declare readonly retryAfterMs?: number

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hints = details.hints ?? []
    this.retryable = details.retryable ?? false
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Works across two installed copies of dbvault, where `instanceof` does not. */
  static is(error: unknown): error is DbvaultError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
