import type { ErrorCode, Host } from 'dbvault'
import { clpError } from '../clp/clp-error.ts'
import { runClp, type Session } from '../clp/run-clp.ts'
import { hasFailed, type Transcript } from '../clp/transcript.ts'

/** An entry of the instance's directory of databases. */
export interface Entry {
  readonly alias: string
  readonly name: string
  /** Where its files are; undefined of a database on another machine. */
  readonly path: string | undefined
}

/** No entry at all, which is said as an error or as a warning. */
const NONE = new Set(['SQL1031N', 'SQL1057W'])

/**
 * The directory is a file, and is listed also where nothing runs; `started` asks the instance something first.
 * @throws `code`, what the messages of Db2 mean
 */
export async function listDatabases(session: Session, host: Host, code: ErrorCode, started = false): Promise<Entry[]> {
  const statements = [...(started ? ['LIST ACTIVE DATABASES'] : []), 'LIST DATABASE DIRECTORY']
  const transcript = await runClp(statements, session, host)
  if (transcript.messages.some(({ id }) => NONE.has(id))) return []
  if (hasFailed(transcript)) throw clpError(host, transcript, 'The databases of the instance could not be listed', code)
  return entriesOf(transcript)
}

/** Blocks of ` Database alias                       = SAMPLE`. */
export function entriesOf({ output }: Transcript): Entry[] {
  const blocks = output.split(/^\s*Database \d+ entry:\s*$/m).slice(1)
  return blocks.flatMap((block) => {
    const value = (key: string): string | undefined =>
      new RegExp(`^\\s*${key}\\s+= (.*)$`, 'm').exec(block)?.[1]?.trim()
    const alias = value('Database alias')
    if (alias === undefined) return []
    const local = value('Directory entry type')?.startsWith('Indirect') === true
    return [
      { alias, name: value('Database name') ?? alias, path: local ? value('Local database directory') : undefined },
    ]
  })
}
