import { inspect, styleText } from 'node:util'
import type { DbvaultError } from '../errors/dbvault-error.ts'
import { isOurs, nameOf, originOf } from './name-plugin.ts'

const toStderr = { stream: process.stderr }

/** One message and its hints, ready for stderr. The stack and the causes only where `DEBUG` is set. */
export function renderError(error: DbvaultError): string {
  const lines = [`${styleText(['bold', 'red'], 'Error:', toStderr)} ${error.message}`]
  const origin = originOf(error)
  if (origin && !isOurs(origin) && !error.message.includes(origin.package))
    lines[0] += ` (from the plugin ${nameOf(origin)})`
  for (const hint of error.hints) lines.push(`  → ${hint}`)
  if (process.env['DEBUG']) lines.push(inspect(error))
  return `${lines.join('\n')}\n`
}

export function renderWarning(text: string): string {
  return `${styleText(['bold', 'yellow'], 'Warning:', toStderr)} ${text}\n`
}

/** What `--json` prints on stdout for a command that failed. `partial` is what stands nevertheless. */
export function failureDocument(error: DbvaultError, partial: object = {}): object {
  const { code, message, hints, retryable } = error
  const plugin = originOf(error)
  return { ok: false, error: { code, message, hints, retryable, ...(plugin && { plugin }) }, ...partial }
}

export function renderDocument(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`
}
