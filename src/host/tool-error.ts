import { existsSync } from 'node:fs'
import type { ToolCall } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

/** How much of stderr stands in the message; the cause has all that was kept. */
const QUOTED = 1_000

/** The program ran and failed. `cause.message` is the end of its stderr, line by line. */
export function toolFailed(command: string, code: number | null, signal: string | null, stderr: string): DbvaultError {
  const how = signal === null ? `exited with ${code}` : `was ended by ${signal}`
  const lines = stderr.split(/\s*\n\s*/).join(' | ')
  const quote = lines.length > QUOTED ? `… ${lines.slice(-QUOTED)}` : lines
  return new DbvaultError('TOOL_FAILED', `${command} ${how}${quote === '' ? ' and said nothing' : `: ${quote}`}`, {
    cause: new Error(stderr),
    hints: signal === 'SIGKILL' ? ['The system ends programs like this when memory runs out: look into its log.'] : [],
  })
}

/** The program could not be started at all. */
export function toolNotStarted(call: ToolCall, cause: unknown): DbvaultError {
  if (DbvaultError.is(cause)) return cause
  const { command, cwd } = call
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    return new DbvaultError('TOOL_FAILED', `${command} cannot be started in ${cwd}, which does not exist`, { cause })
  }
  if (code === 'ENOENT') {
    const where = command.includes('/') ? 'does not exist' : 'is not on PATH'
    return new DbvaultError('TOOL_NOT_FOUND', `${command} ${where}`, { cause, hints: [`Install ${command}.`] })
  }
  if (code === 'EACCES')
    return new DbvaultError('TOOL_NOT_FOUND', `${command} may not be executed by this user`, { cause })
  return new DbvaultError('TOOL_FAILED', `${command} could not be started (${String(code ?? cause)})`, { cause })
}
