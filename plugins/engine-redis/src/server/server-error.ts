import type { ErrorCode, Host } from 'dbvault'
import { nameOf, type Server } from './server.ts'

/** What a failed connection or command means; undefined for what has no meaning of its own. */
interface Meaning {
  readonly code: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

const UNREACHABLE: Meaning = { code: 'SOURCE_UNREACHABLE', what: 'did not answer', retryable: true }
export const LOST: Meaning = { code: 'SOURCE_UNREACHABLE', what: 'ended the connection', retryable: true }
const DENIED: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'did not accept the user and password',
  hints: ['Check --user and --password. A server with one password for all (requirepass) wants no --user.'],
}

/** Node's codes, and the words that replies of errors begin with. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: { ...UNREACHABLE, what: 'refuses connections: nothing listens there' },
  ENOENT: { ...UNREACHABLE, what: 'has no socket there', retryable: false },
  ENOTSOCK: { ...UNREACHABLE, what: 'has no socket there', retryable: false },
  EACCES: { code: 'SOURCE_DENIED', what: 'has a socket that this user may not use' },
  ENOTFOUND: { ...UNREACHABLE, what: 'has a name that is not known', retryable: false },
  EAI_AGAIN: { ...UNREACHABLE, what: 'has a name that cannot be looked up now' },
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ECONNRESET: LOST,
  EPIPE: LOST,
  WRONGPASS: DENIED,
  NOAUTH: { ...DENIED, what: 'wants a password', hints: ['Give one: --password-file, or REDISCLI_AUTH.'] },
  NOPERM: { code: 'SOURCE_DENIED', what: 'does not permit this user what is needed' },
  DENIED: {
    code: 'SOURCE_DENIED',
    what: 'is in protected mode, in which it lets in only its own machine',
    hints: ['Give it a password or a user (ACL), or run dbvault where it runs.'],
  },
  LOADING: { code: 'SOURCE_UNREACHABLE', what: 'is still loading its data', retryable: true },
  BUSY: { code: 'SOURCE_UNREACHABLE', what: 'is busy with a script', retryable: true },
  MASTERDOWN: { code: 'SOURCE_UNREACHABLE', what: 'is a replica that has lost its master', retryable: true },
  NOMASTERLINK: {
    code: 'SOURCE_UNREACHABLE',
    what: 'is a replica that has lost its master, and then gives nobody its data',
    hints: ['Back up the master, or wait until the replica has found it again.'],
    retryable: true,
  },
  READONLY: { code: 'SOURCE_DENIED', what: 'is a replica, which cannot be written to' },
}

/** The core's error for what a server, or the way to it, said. An error that is the core's already is kept. */
export function serverError(host: Host, server: Server, error: unknown): unknown {
  if (!(error instanceof Error) || 'retryable' in error) return error
  const meaning = meaningOf(error)
  if (meaning === undefined) return error
  const { code, what, hints = [], retryable = false } = meaning
  const said = error.message === '' ? '' : ` (${error.message})`
  const silent = server.tls !== undefined && code === 'SOURCE_UNREACHABLE' && hints.length === 0
  return host.error(code, `The Redis server ${nameOf(server)} ${what}${said}`, {
    hints: silent ? ['Does it speak TLS on this port? If not: without --redis-tls and rediss://'] : hints,
    retryable,
    cause: error,
  })
}

function meaningOf(error: Error): Meaning | undefined {
  // Of several addresses each was tried.
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
  const code = 'code' in first ? String(first.code) : ''
  if (MEANINGS[code]) return MEANINGS[code]
  if (/^(?:CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) {
    return {
      code: 'SOURCE_UNREACHABLE',
      what: 'and dbvault do not agree about TLS or its certificate',
      hints: ['Name the authority of its certificate with --redis-tls-ca.'],
    }
  }
  const word = /^[A-Z]+/.exec(first.message)?.[0] ?? ''
  if (MEANINGS[word]) return MEANINGS[word]
  if (/^ERR (?:AUTH|Client sent AUTH|invalid password)/i.test(first.message)) return DENIED
  if (/unknown user|invalid username-password/i.test(first.message)) return DENIED
  if (/Connection is closed|connection.*(?:ended|closed)|timed? ?out/i.test(first.message)) return LOST
  return undefined
}

/** The core's error, with `code`, for whatever else a server replied. Any other error is kept. */
export function replyProblem(host: Host, code: ErrorCode, error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return error
  return host.error(code, `The Redis server refuses: ${error.message}`, { cause: error })
}

/** The word that the reply of an error begins with, such as NOPERM. */
export function wordOf(error: unknown): string {
  return error instanceof Error ? (/^[A-Z]+/.exec(error.message)?.[0] ?? '') : ''
}
