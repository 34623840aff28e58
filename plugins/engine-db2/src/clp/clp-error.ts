import type { ErrorCode, Host } from 'dbvault'
import { MEANINGS, type Meaning } from './meanings.ts'
import type { Message, Transcript } from './transcript.ts'

/** The cause of an error that was made of what Db2 said. */
export class SaidByDb2 extends Error {
  override readonly name = 'SaidByDb2'
  readonly id: string

  constructor(id: string, output: string) {
    super(output.slice(-4000))
    this.id = id
  }
}

/** The core's error for a session that failed. `what` says in which step, `code` what a message that is not known means there. */
export function clpError(
  host: Host,
  { messages, output, code: ended }: Transcript,
  what: string,
  code: ErrorCode,
): Error {
  const said = messages.findLast(({ severity }) => severity === 'error') ?? messages.at(-1)
  if (said === undefined) {
    const error = host.error(code, `${what}: db2 ended with ${ended} and gave no reason`, {
      cause: new SaidByDb2('', output),
    })
    return error
  }
  const meaning = MEANINGS[said.id]
  return host.error(meaning?.code ?? code, `${what}: ${meaning ? `${meaning.what} (${quote(said)})` : quote(said)}`, {
    hints: meaning?.hints ?? [],
    retryable: meaning?.retryable ?? false,
    cause: new SaidByDb2(said.id, output),
  })
}

/** Which message it was that failed, such as `SQL1013N`. */
export function messageOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof SaidByDb2 ? cause.id : undefined
}

/** Whether it says nothing about what was dumped or is restored, but about the server or the machine. */
export function isOfMachine(error: unknown): boolean {
  const meaning: Meaning | undefined = MEANINGS[messageOf(error) ?? '']
  if (meaning?.ofMachine === true) return true
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'TOOL_FAILED' || code === 'STORAGE_FULL'
}

function quote({ id, text }: Message): string {
  const short = text.length > 300 ? `${text.slice(0, 300)}…` : text
  return `${id} ${short}`.trim()
}
