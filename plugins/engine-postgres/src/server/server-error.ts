import type { ErrorCode, Host } from 'dbvault'
import { nameOf, type Server } from './server.ts'

/** What a failed connection or statement means; undefined for what has no meaning of its own. */
interface Meaning {
  readonly code: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

const UNREACHABLE: Meaning = { code: 'SOURCE_UNREACHABLE', what: 'did not answer', retryable: true }
const LOST: Meaning = { code: 'SOURCE_UNREACHABLE', what: 'ended the connection', retryable: true }
const DENIED: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'did not accept the user and password',
  hints: ['Check --user and --password.'],
}

/** SQLSTATE ("PostgreSQL Error Codes") and Node's own codes. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '28P01': DENIED,
  '28000': {
    code: 'SOURCE_DENIED',
    what: 'does not let this user in',
    hints: ['Check --user, --postgres-sslmode, and the pg_hba.conf of the server.'],
  },
  '3D000': { code: 'SOURCE_NOT_FOUND', what: 'has no such database' },
  '42501': { code: 'SOURCE_DENIED', what: 'does not permit this' },
  '53300': { code: 'SOURCE_UNREACHABLE', what: 'has no connection left', retryable: true },
  '57P01': LOST,
  '57P02': LOST,
  '57P03': { code: 'SOURCE_UNREACHABLE', what: 'is starting or stopping', retryable: true },
  '57P05': LOST,
  '08006': LOST,
  '08003': LOST,
  '55P03': {
    code: 'DUMP_FAILED',
    what: 'has a table locked by another session for longer than was waited',
    hints: [
      "See who: SELECT * FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
      'Or wait longer: --postgres-lock-timeout',
    ],
    retryable: true,
  },
  ECONNREFUSED: { ...UNREACHABLE, what: 'refuses connections: nothing listens there' },
  ENOENT: { ...UNREACHABLE, what: 'has no socket there', retryable: false },
  ENOTFOUND: { ...UNREACHABLE, what: 'has a name that is not known', retryable: false },
  EAI_AGAIN: { ...UNREACHABLE, what: 'has a name that cannot be looked up now' },
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ECONNRESET: LOST,
  EPIPE: LOST,
}

/** The core's error for what a server or the way to it said. An error that is the core's already is kept. */
export function serverError(host: Host, server: Server, database: string, error: unknown): unknown {
  if (!(error instanceof Error) || 'retryable' in error) return error
  const meaning = meaningOf(error)
  if (meaning === undefined) return error
  const { code, what, hints = [], retryable = false } = meaning
  const said = error.message === '' ? '' : ` (${error.message})`
  return host.error(
    code,
    `The PostgreSQL server ${nameOf(server)} ${what}: database ${JSON.stringify(database)}, user ${server.user}${said}`,
    {
      hints,
      retryable,
      cause: error,
    },
  )
}

function meaningOf(error: Error): Meaning | undefined {
  // Of several addresses each was tried.
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
  const code = 'code' in first ? String(first.code) : ''
  if (MEANINGS[code]) return MEANINGS[code]
  if (/^(?:CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) {
    return { code: 'SOURCE_UNREACHABLE', what: 'failed the verification of its certificate' }
  }
  if (/Connection terminated|connection timeout|timeout expired|not queryable|Client was closed/i.test(first.message))
    return LOST
  if (/client password must be a string|SASL/.test(first.message)) return DENIED
  if (/does not support SSL/.test(first.message)) {
    return {
      code: 'SOURCE_UNREACHABLE',
      what: 'does not speak TLS',
      hints: ['Or do without: --postgres-sslmode disable'],
    }
  }
  return undefined
}

export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** Whether it is what a server said of a statement, as it came. */
export function isSqlState(error: unknown): error is Error {
  return /^[0-9A-Z]{5}$/.test(sqlState(error) ?? '') && !('retryable' in (error as Error))
}
