import type { Host, ToolCall } from 'dbvault'
import type { Place } from '../server/place.ts'
import { findProgram, type Program } from './find-program.ts'
import { toolUri } from './tool-uri.ts'

/** What a program of MongoDB is run with, and what must outlive it. */
export interface Call extends AsyncDisposable {
  readonly call: ToolCall
}

/** @throws TOOL_NOT_FOUND */
export async function requireProgram(name: string, binDir: string | undefined, host: Host): Promise<Program> {
  const found = await findProgram(name, binDir, host)
  if (found) return found
  throw host.error('TOOL_NOT_FOUND', `${name} was not found${binDir === undefined ? '' : ` in ${binDir}`}`, {
    hints: [
      "Install MongoDB's Database Tools, or do without --mongo-tool: dbvault writes and reads the same archives.",
    ],
  })
}

/** The connection string, which has the password, reaches the program by a file that has no name. */
export async function toolCall(program: Program, args: readonly string[], place: Place, host: Host): Promise<Call> {
  const uri = toolUri(place)
  // A JSON string is one of YAML.
  const config = await host.secretFile(`uri: ${JSON.stringify(uri)}\n`)
  const { auth } = place.options
  return {
    call: {
      command: program.path,
      args: [`--config=${config.path(0)}`, '--archive', ...args],
      env: { LC_ALL: 'C', HOME: '/nonexistent' },
      secrets: [config],
      redact: [{ reveal: () => uri }, ...(auth?.password ? [{ reveal: () => auth.password ?? '' }] : [])],
    },
    [Symbol.asyncDispose]: () => config[Symbol.asyncDispose](),
  }
}

/** Of all that the program printed, the line that says what is wrong. */
export function lastWords(error: unknown): string {
  const tail = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  const lines = tail.split('\n').filter((line) => line.trim() !== '')
  const said = lines.findLast((line) => /Failed:|error/i.test(line)) ?? lines.at(-1) ?? ''
  return said.replace(/^\S+T\S+\s+/, '').slice(0, 300)
}
