import type { ErrorCode, Host } from 'dbvault'
import { placeOf, type Login } from './login.ts'

/** What the server or the driver says: `errno` is the server's error number. */
export interface ServerError extends Error {
  readonly errno?: number
  readonly code?: string
}

interface Meaning {
  /** Absent where that depends on what was being done. */
  readonly code?: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

const SERVER: Readonly<Record<number, Meaning>> = {
  1040: { code: 'SOURCE_UNREACHABLE', what: 'has too many connections', retryable: true },
  1044: { code: 'SOURCE_DENIED', what: 'denies this user the database' },
  1045: {
    code: 'SOURCE_DENIED',
    what: 'refused the user or the password',
    hints: ['Give them with --user and DBVAULT_PASSWORD.'],
  },
  1049: { code: 'SOURCE_NOT_FOUND', what: 'has no such database' },
  1053: { code: 'SOURCE_UNREACHABLE', what: 'is shutting down', retryable: true },
  1129: { code: 'SOURCE_UNREACHABLE', what: 'blocks this host after many failed connections' },
  1130: { code: 'SOURCE_DENIED', what: 'admits no user from this host' },
  1142: { code: 'SOURCE_DENIED', what: 'denies this user a right that is needed' },
  1143: { code: 'SOURCE_DENIED', what: 'denies this user a right that is needed' },
  1227: { code: 'SOURCE_DENIED', what: 'denies this user a right that is needed' },
  1205: {
    what: 'let us wait in vain for a table that another session has locked',
    hints: ['End what holds the lock, or wait longer with --mysql-lock-timeout.'],
    retryable: true,
  },
  1698: { code: 'SOURCE_DENIED', what: 'refused the user or the password' },
  1203: { code: 'SOURCE_UNREACHABLE', what: 'has too many connections of this user', retryable: true },
  1820: { code: 'SOURCE_DENIED', what: "wants this user's password to be changed first" },
  1862: { code: 'SOURCE_DENIED', what: "says that this user's password has expired" },
  3118: { code: 'SOURCE_DENIED', what: 'has locked this user' },
  3159: { code: 'SOURCE_DENIED', what: 'admits encrypted connections only', hints: ['Use --mysql-tls=required.'] },
}

const LOST = ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE']
const ABSENT = [
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
]

export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && ('errno' in error || 'code' in error) && !('hints' in error)
}

/** What an error of a connection means. Errors that have a meaning already, and an abort's reason, stay. */
export function serverError(host: Host, login: Login, error: unknown, otherwise: ErrorCode = 'DUMP_FAILED'): unknown {
  if (!isServerError(error)) return error
  const place = placeOf(login)
  const { errno, code = '', message } = error
  const meaning = errno === undefined ? undefined : SERVER[errno]
  if (meaning) {
    return host.error(meaning.code ?? otherwise, `The server ${place} ${meaning.what} (${said(error)})`, {
      ...(meaning.hints && { hints: meaning.hints }),
      retryable: meaning.retryable ?? false,
      cause: error,
    })
  }
  if (ABSENT.includes(code)) {
    return host.error('SOURCE_UNREACHABLE', `The server ${place} cannot be reached (${code})`, {
      hints: ['Is it running, and do --host, --port or --mysql-socket name it?'],
      retryable: code !== 'EACCES',
      cause: error,
    })
  }
  if (LOST.includes(code)) {
    return host.error('SOURCE_UNREACHABLE', `The connection to the server ${place} was lost`, {
      retryable: true,
      cause: error,
    })
  }
  if (code.startsWith('HANDSHAKE_') || code.startsWith('ERR_TLS') || /certificate|SSL/i.test(message)) {
    return host.error('SOURCE_UNREACHABLE', `No trusted connection to ${place}: ${message}`, {
      hints: ['See --mysql-tls and --mysql-tls-ca.'],
      cause: error,
    })
  }
  return host.error(otherwise, `The server ${place} answered: ${said(error)}`, { cause: error })
}

/** Its number and words, without what they quote: that can be a value of a row. */
export function said({ errno, message }: ServerError): string {
  return `${errno === undefined ? '' : `error ${errno}: `}${withoutQuotes(message)}`
}

export function withoutQuotes(message: string): string {
  return message
    .replace(/ near '.*$/s, '')
    .replace(/'.*'/s, "'…'")
    .slice(0, 300)
}
