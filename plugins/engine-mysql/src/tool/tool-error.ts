import type { ErrorCode, Host } from 'dbvault'
import { withoutQuotes } from '../server/server-error.ts'

const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode, what: string, retryable?: boolean])[] = [
  [/\b(?:1045|1698)\b/, 'SOURCE_DENIED', 'the server refused the user or the password'],
  [/\b(?:1044|1142|1143|1227|1370)\b/, 'SOURCE_DENIED', 'the server denies this user a right that is needed'],
  [/\b1049\b/, 'SOURCE_NOT_FOUND', 'the server has no such database'],
  [/\b(?:2002|2003|2005)\b/, 'SOURCE_UNREACHABLE', 'the server cannot be reached', true],
  [/\b(?:2006|2013|1053|1927|4031)\b/, 'DUMP_FAILED', 'the connection to the server was lost', true],
  [/\b(?:1412|1146)\b/, 'DUMP_FAILED', 'a table was altered while it was being dumped', true],
  [/\b1356\b/, 'DUMP_FAILED', 'a view refers to something that is not there any more'],
  [/\b2059\b/, 'TOOL_UNSUITABLE', 'the program cannot log in to this server in the way that the server asks for'],
  [/\b2026\b/, 'SOURCE_UNREACHABLE', 'no encrypted connection that is trusted could be made'],
  [/unknown (?:variable|option)/i, 'TOOL_UNSUITABLE', 'the program does not know an option that is needed'],
]

/** What a program said before it failed: the last line that names an error, without what it quotes. */
export function lastWords(error: unknown): string | undefined {
  const stderr = toolFailure(error)
  if (stderr === undefined) return undefined
  const line = stderr
    .split('\n')
    .findLast((text) => /error|couldn't|unknown (?:variable|option)/i.test(text) && text.length < 4096)
  if (line === undefined) return ''
  // The statement that failed is of the program's own making.
  const failed = /couldn't execute '.*': (?<words>[^']*\(\d+\))\s*$/i.exec(line)?.groups?.['words']
  return failed ?? withoutQuotes(line.replace(/^.*?(?=Got error|Error|ERROR|Couldn't|unknown)/, ''))
}

/** The end of the stderr of a program that failed; undefined for any other error. */
export function toolFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'TOOL_FAILED') return undefined
  return error.cause instanceof Error ? error.cause.message : ''
}

/** What the failure of a dump program means. */
export function dumpError(host: Host, error: unknown): unknown {
  const words = lastWords(error)
  if (words === undefined) return error
  const found = MEANINGS.find(([pattern]) => pattern.test(words))
  if (!found) {
    const how = error instanceof Error ? error.message.replace(/:.*$/s, '') : ''
    return host.error('DUMP_FAILED', `The dump failed: ${how}${words && `: ${words}`}`, { cause: error })
  }
  const [, code, what, retryable = false] = found
  return host.error(code, `The dump failed: ${what} (${words})`, { retryable, cause: error })
}
