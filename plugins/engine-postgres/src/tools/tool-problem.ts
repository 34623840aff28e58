import type { ErrorCode, Host } from 'dbvault'
import { sqlState } from '../server/server-error.ts'

interface Meaning {
  readonly code?: ErrorCode
  readonly hints?: readonly string[]
  readonly retryable?: boolean
}

/**
 * Of a server or a machine that failed, or of a user who may not do it there, and not of what was dumped or restored. A
 * shell says 128 and the signal.
 */
const OF_MACHINE =
  /No space left on device|could not extend file|out of memory|out of shared memory|Cannot allocate memory|server closed the connection|terminating connection|connection to server .* failed|could not receive data from|could not send data to|the database system is|SSL connection has been closed|lost synchronization|could not resize shared memory|Disk quota exceeded|was ended by SIG(?:KILL|TERM)|exited with 1(?:37|43)\b|permission denied|must be (?:owner|superuser|member)/

const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/password authentication failed|no password supplied/, { code: 'SOURCE_DENIED' }],
  [/database ".*" does not exist/s, { code: 'SOURCE_NOT_FOUND' }],
  [/permission denied|must be owner|must be superuser|row-level security/, { code: 'SOURCE_DENIED' }],
  [
    /server version mismatch/,
    { code: 'TOOL_UNSUITABLE', hints: ["Install the client tools of the server's version."] },
  ],
  [
    /canceling statement due to lock timeout|lock timeout/,
    {
      hints: ['Another session holds a lock on a table. Wait longer for it with --postgres-lock-timeout.'],
      retryable: true,
    },
  ],
  [
    /canceling statement due to statement timeout/,
    { hints: ['Wait longer for locks with --postgres-lock-timeout.'], retryable: true },
  ],
  [/connection to server .* failed|could not connect/, { code: 'SOURCE_UNREACHABLE', retryable: true }],
  [/server closed the connection|terminating connection|SSL connection has been closed/, { retryable: true }],
  [
    /out of shared memory/,
    { hints: ['There are more tables than the server has locks for: raise max_locks_per_transaction on it.'] },
  ],
  [/invalid snapshot identifier/, { retryable: true }],
  [
    /role ".*" does not exist/,
    { hints: ['Make the role first, or restore with --no-postgres-owners and --no-postgres-privileges.'] },
  ],
  [
    /No space left on device|could not extend file|Disk quota exceeded/,
    { hints: ['There is no space left on the disk of the server; of a private one it is that of --temp-dir.'] },
  ],
]

/** The core's error for a program of PostgreSQL that failed. `what` says in which step, `code` what that means there. */
export function toolProblem(host: Host, what: string, code: ErrorCode, error: unknown): unknown {
  const told = toolTail(error)
  if (told === undefined) return error
  const meaning = MEANINGS.find(([pattern]) => pattern.test(told.text))?.[1] ?? {}
  return host.error(meaning.code ?? code, `${what}: ${told.line}`, {
    hints: meaning.hints ?? [],
    retryable: meaning.retryable ?? false,
    cause: error,
  })
}

/** Whether the failure says nothing about what was dumped or is restored. */
export function isOfMachine(error: unknown): boolean {
  const told = toolTail(error)
  if (told !== undefined) return OF_MACHINE.test(told.text)
  const code = sqlState(error) ?? ''
  return code === 'SOURCE_UNREACHABLE' || code === 'SOURCE_DENIED' || /^(?:42501|53|57P|58|08)/.test(code)
}

/** Only the line that says what went wrong: those around it quote rows and statements. */
function toolTail(error: unknown): { readonly text: string; readonly line: string } | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'TOOL_FAILED') return undefined
  const tail = error.cause instanceof Error ? error.cause.message : ''
  const line = tail
    .split('\n')
    .map((text) => text.trim())
    .find((text) => /\berror:|FATAL:|ERROR:/.test(text))
  const ended = /was ended by \w+|exited with \d+/.exec(error.message)?.[0] ?? 'failed'
  return {
    text: `${tail}\n${ended}`,
    line: (line ?? `it ${ended}${tail === '' ? ' and said nothing' : ''}`).slice(0, 500),
  }
}
