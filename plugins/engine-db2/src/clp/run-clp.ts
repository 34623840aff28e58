import type { Host, ToolCall } from 'dbvault'
import type { Instance } from '../instance/instance.ts'
import type { Login } from './quote.ts'
import { transcriptOf, type Transcript } from './transcript.ts'

/**
 * Statements come on stdin, so that no password stands on a command line. `-s` stops at the first error, `-t` ends
 * statements by semicolons, `+p` prints no prompt. The processor leaves a process behind that keeps the connection and the
 * output open, until it is told to terminate; that one is found by the shell that both were started from. It is told also
 * when all are ended, so that the server stops what it does for it.
 */
const SCRIPT = `
terminate() { "$1" terminate </dev/null >/dev/null 2>&1 3<&-; }
trap 'terminate "$1"; exit 143' TERM
"$1" -s -t +p <&3 3<&-
code=$?
terminate "$1"
printf '\\n%s%d\\n' "$2" "$code"`

const END = 'dbvault: db2 ended with '
/** A line for each of 300,000 tables. */
const MOST_OUTPUT = 64 * 1024 * 1024

export interface Session {
  readonly instance: Instance
  readonly login?: Login
  readonly cleanup?: ToolCall['cleanup']
}

/**
 * Runs statements one after the other, up to the first that fails, and returns all that was said. Whether that was
 * success is for the caller to see.
 * @throws TOOL_FAILED when the processor did not come to its end
 */
export async function runClp(
  statements: readonly string[],
  { instance, login, cleanup }: Session,
  host: Host,
): Promise<Transcript> {
  await using input = await host.secretFile(statements.map((statement) => `${statement};\n`).join(''))
  const call: ToolCall = {
    command: '/bin/sh',
    args: ['-c', SCRIPT, 'sh', instance.db2, END],
    env: instance.env,
    secrets: [input],
    ...(instance.owner && { user: instance.owner }),
    ...(login?.password && { redact: [login.password] }),
    ...(cleanup && { cleanup }),
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of host.runTool(call)) {
    length += chunk.length
    if (length > MOST_OUTPUT) throw host.error('TOOL_FAILED', `${instance.db2} printed more than 64 MiB`)
    chunks.push(chunk)
  }
  const text = withoutPassword(Buffer.concat(chunks).toString('utf8'), login)
  const [, output, code] = /^([\s\S]*)\ndbvault: db2 ended with (\d+)\n$/.exec(text) ?? []
  if (output === undefined) throw host.error('TOOL_FAILED', `${instance.db2} was ended before its end`)
  return transcriptOf(output, Number(code))
}

/** A statement that is not understood is quoted. */
function withoutPassword(text: string, login: Login | undefined): string {
  const password = login?.password?.reveal()
  return password ? text.replaceAll(password, '[secret]') : text
}
