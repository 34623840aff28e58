import type { ErrorCode, Host, Stored } from 'dbvault'
import { readStored } from '../sql/read-stored.ts'
import { secretsOf } from '../server/login.ts'
import type { Tool } from '../tool/find-tools.ts'
import { loginFile } from '../tool/login-file.ts'
import type { Place } from './place.ts'

/**
 * Feeds a member to the client. In `--binary-mode` that runs none of its own commands, such as `system`, and takes
 * bytes as they are.
 * @throws `code` for what is not a whole dump of one database, TOOL_FAILED, and what reading throws
 */
export async function load(
  member: Stored,
  { session, database, preamble }: Pick<Place, 'session' | 'database' | 'preamble'>,
  tool: Tool,
  host: Host,
  code: ErrorCode,
): Promise<void> {
  await using file = await loginFile(session.login, tool, host)
  const args = [
    `--defaults-file=${file.path(0)}`,
    '--batch',
    '--binary-mode',
    // Without this it leaves the comments out of routines.
    '--comments',
    '--skip-reconnect',
    '--default-character-set=utf8mb4',
    '--max-allowed-packet=1G',
    ...(tool.knows('sandbox') ? ['--sandbox'] : []),
    `--database=${database}`,
  ]
  await host.feedTool({ command: tool.path, args, secrets: [file], redact: secretsOf(session.login) }, input())

  async function* input(): AsyncGenerator<Uint8Array> {
    if (preamble !== '') yield Buffer.from(preamble)
    yield* readStored(member, host, code)
  }
}
