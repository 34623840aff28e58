import type { ErrorCode, Host, Stored } from 'dbvault'
import type { MysqlFingerprint } from '../fingerprint/fingerprint.ts'
import type { Session } from '../server/session.ts'
import { packetError } from '../sql/packet-error.ts'
import type { GuardOptions } from '../sql/statements.ts'
import { readStored } from '../sql/read-stored.ts'
import { secretsOf } from '../server/login.ts'
import type { Tool } from '../tool/find-tools.ts'
import { loginFile } from '../tool/login-file.ts'
import type { Place } from './place.ts'

/**
 * Says before anything is restored that the server cannot take the longest row, where that is known.
 * @throws `code`, or PROOF_UNFINISHED in place of PROOF_FAILED
 */
export async function refuseLongRows(
  longest: MysqlFingerprint['longest'],
  session: Session,
  host: Host,
  code: ErrorCode,
): Promise<void> {
  const limit = await longestStatement(session)
  if (longest !== undefined && longest[1] > limit) throw packetError(host, limit, code, longest[0])
}

async function longestStatement(session: Session): Promise<number> {
  return Number(await session.value('SELECT @@global.max_allowed_packet'))
}

/**
 * Feeds a member to the client. In `--binary-mode` that runs none of its own commands, such as `system`, and takes
 * bytes as they are. With `disabled` events are made so that they do not run, and the status that each has in the dump is
 * put into it.
 * @throws `code` for what is not a whole dump of one database, TOOL_FAILED, and what reading throws
 */
export async function load(
  member: Stored,
  { session, database, preamble }: Pick<Place, 'session' | 'database' | 'preamble'>,
  tool: Tool,
  host: Host,
  code: ErrorCode,
  options: Pick<GuardOptions, 'disabled' | 'database'> = {},
): Promise<void> {
  const longest = await longestStatement(session)
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
  await host.feedTool(
    { command: tool.path, args, secrets: [file], redact: secretsOf(session.login), signal: host.signal },
    input(),
  )

  async function* input(): AsyncGenerator<Uint8Array> {
    if (preamble !== '') yield Buffer.from(preamble)
    yield* readStored(member, host, code, { longest, ...options })
  }
}
