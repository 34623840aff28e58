import type { ErrorCode, Host } from 'dbvault'
import { MongoError, MongoServerError } from 'mongodb'

/** What a failed command or connection means; undefined for what has no meaning of its own. */
interface Meaning {
  readonly code: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

const STEPPED_DOWN: Meaning = {
  code: 'SOURCE_UNREACHABLE',
  what: 'is no longer the primary, or is stopping',
  retryable: true,
}
const NO_HISTORY: Meaning = {
  code: 'DUMP_FAILED',
  what: 'no longer has the history that a dump at one point in time needs',
  hints: [
    'Let it keep more: db.adminCommand({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600 })',
    'Or dump without it: --mongo-snapshot never',
  ],
}

const ANSWERED: Meaning = { code: 'DUMP_FAILED', what: 'answered with an error' }
const NO_MECHANISM: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'does not let anyone log in like this',
  hints: ['Check --mongo-auth-mechanism.'],
}

/** Codes of the server ("Error Codes" in the manual of MongoDB). */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  13: {
    code: 'SOURCE_DENIED',
    what: 'does not permit this',
    hints: ['Check --user, and what it is allowed: see the README of @dbvault/engine-mongo.'],
  },
  18: {
    code: 'SOURCE_DENIED',
    what: 'did not accept the user and password',
    hints: ['Check --user and --password, and --mongo-auth-source.'],
  },
  8000: { code: 'SOURCE_DENIED', what: 'did not accept the user and password' },
  26: { code: 'DUMP_FAILED', what: 'has a collection no longer, which was there when the dump began', retryable: true },
  43: { code: 'DUMP_FAILED', what: 'has ended the reading of a collection', retryable: true },
  136: { code: 'DUMP_FAILED', what: 'overwrote a capped collection faster than it could be read', retryable: true },
  175: {
    code: 'DUMP_FAILED',
    what: 'ended the reading of a collection, which was dropped or renamed',
    retryable: true,
  },
  237: { code: 'DUMP_FAILED', what: 'has ended the reading of a collection', retryable: true },
  239: NO_HISTORY,
  246: NO_HISTORY,
  91: STEPPED_DOWN,
  189: STEPPED_DOWN,
  10107: STEPPED_DOWN,
  11600: STEPPED_DOWN,
  11602: STEPPED_DOWN,
  13435: STEPPED_DOWN,
  13436: STEPPED_DOWN,
}

/** The core's error for what a server or the way to it said. An error that is the core's already is kept. */
export function serverError(host: Host, name: string, error: unknown): unknown {
  if (!(error instanceof Error) || 'retryable' in error) return error
  const meaning = meaningOf(error)
  if (meaning === undefined) return error
  const { code, what, hints = [], retryable = false } = meaning
  return host.error(code, `The MongoDB server ${name} ${what}${said(error)}`, { hints, retryable, cause: error })
}

function meaningOf(error: Error): Meaning | undefined {
  const code = serverCode(error)
  if (code !== undefined)
    return MEANINGS[code] ?? (/authenticat|mechanism/i.test(error.message) ? NO_MECHANISM : ANSWERED)
  const text = messagesOf(error)
  // Not everything that a socket says comes wrapped by the driver.
  if (/\b(?:ECONNRESET|EPIPE|ETIMEDOUT)\b/.test(text)) return unreachable(text)
  if (!(error instanceof MongoError)) return undefined
  if (/certificate|TLS|SSL|wrong version number|altname/i.test(text)) {
    return {
      code: 'SOURCE_UNREACHABLE',
      what: 'cannot be reached by TLS as asked',
      hints: ['Check --mongo-tls, --mongo-tls-ca-file and the name of the server in its certificate.'],
    }
  }
  switch (error.name) {
    case 'MongoServerSelectionError':
    case 'MongoNetworkError':
    case 'MongoNetworkTimeoutError':
      return unreachable(text)
    case 'MongoParseError':
    case 'MongoInvalidArgumentError':
    case 'MongoMissingCredentialsError':
    case 'MongoAPIError':
      return { code: 'USAGE', what: 'cannot be connected to like this' }
    default:
      return /Network|PoolCleared|PoolClosed|TopologyClosed|ClientClosed|NotConnected|Unexpected|Expired|Exhausted|WaitQueue/.test(
        error.name,
      )
        ? { code: 'SOURCE_UNREACHABLE', what: 'ended the connection', retryable: true }
        : undefined
  }
}

function unreachable(text: string): Meaning {
  const code: ErrorCode = 'SOURCE_UNREACHABLE'
  if (text.includes('ECONNREFUSED'))
    return { code, what: 'refuses connections: nothing listens there', retryable: true }
  if (text.includes('ENOTFOUND')) return { code, what: 'has a name that is not known' }
  if (text.includes('ENOENT')) return { code, what: 'has no socket there' }
  if (/closed|ECONNRESET|EPIPE/.test(text)) return { code, what: 'ended the connection', retryable: true }
  return { code, what: 'did not answer', retryable: true }
}

/** The number that the server gave the error. */
export function serverCode(error: unknown): number | undefined {
  return error instanceof MongoServerError && typeof error.code === 'number' ? error.code : undefined
}

/** Its own words, unless they could hold what is in documents. */
function said(error: Error): string {
  if (error.message === '' || /dup key|failing document/i.test(error.message)) return ''
  return ` (${error.message.slice(0, 300)})`
}

function messagesOf(error: Error): string {
  const texts: string[] = []
  for (let each: unknown = error; each instanceof Error && texts.length < 5; each = each.cause) {
    texts.push(each.message, 'code' in each ? String(each.code) : '')
  }
  return texts.join('\n')
}
