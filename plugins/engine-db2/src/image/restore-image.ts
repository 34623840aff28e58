import type { ErrorCode, Host } from 'dbvault'
import { join } from 'node:path'
import type { ImageIndex } from '../archive/image-index.ts'
import { clpError, messageOf, SaidByDb2 } from '../clp/clp-error.ts'
import { asUser, paths } from '../clp/quote.ts'
import { runClp, type Session } from '../clp/run-clp.ts'
import { completions, hasFailed, type Message, type Transcript } from '../clp/transcript.ts'
import type { Unpacked } from './unpack.ts'

export interface Into {
  readonly database: string
  /** Whether a database of that name may be there, and is overwritten. */
  readonly replace: boolean
  /** An empty directory for the logs that are in an online image. */
  readonly logs: string
  /** Where the files of the database go, in place of where the image wants them. */
  readonly files?: string
  /** Where the log goes, which is otherwise in its usual place below the database. */
  readonly log?: string
  /** Whether its logs are to be archived, as those of the database that was dumped may be. */
  readonly archiveLogs: boolean
}

/** What is said when a database is overwritten that `REPLACE EXISTING` allowed to be. */
const OVERWRITTEN = ['SQL2523W', 'SQL2528W', 'SQL2529W', 'SQL2539W']

/**
 * Restores an unpacked image and, when it was made online, rolls it forward to the end of the backup with the logs that
 * came in it. Everything that is no plain success is an error: a warning of a restore means that something is missing, or
 * that a database was there.
 * @throws `code`, TARGET_NOT_EMPTY, what the messages of Db2 mean
 */
export async function restoreImage(
  unpacked: Unpacked,
  into: Into,
  session: Session,
  host: Host,
  code: ErrorCode,
): Promise<void> {
  const redirected = into.files !== undefined && unpacked.index.tableSpaces.length > 0
  const statements = restoreStatements(unpacked, into, session, host)
  const transcript = await runClp(statements, session, host)
  const what = `The image could not be restored into ${into.database}`
  // First: what fails after a warning may fail because of it.
  refuseWarnings(transcript, into, redirected, what, host, code)
  if (hasFailed(transcript)) throw clpError(host, transcript, what, code)
  if (!saysRestored(transcript)) throw clpError(host, transcript, what, code)
  if (unpacked.index.online) requireRolledForward(transcript, what, host, code)
}

export function restoreStatements(
  { index, directories }: Unpacked,
  { database, replace, logs, files, log, archiveLogs }: Into,
  { login }: Session,
  host: Host,
): string[] {
  const redirect = files !== undefined && index.tableSpaces.length > 0
  const user = asUser(login)
  const restore = [
    `RESTORE DATABASE ${index.database}${user}`,
    `FROM ${paths(directories, host)} TAKEN AT ${index.timestamp}`,
    ...(files === undefined ? [] : [where(index, files, host)]),
    `INTO ${database}`,
    ...(index.online ? [`LOGTARGET ${paths([logs], host)}`] : []),
    // The log of the database that was dumped, which may be in use, is not to be taken for this one's.
    ...(log === undefined && database === index.database
      ? []
      : [`NEWLOGPATH ${log === undefined ? 'DEFAULT' : paths([log], host)}`]),
    ...(replace ? ['REPLACE EXISTING'] : []),
    ...(redirect ? ['REDIRECT'] : []),
    ...(index.online ? [] : ['WITHOUT ROLLING FORWARD']),
    'WITHOUT PROMPTING',
  ].join(' ')
  return [
    restore,
    ...(redirect ? [...containers(index, database, files, host), `RESTORE DATABASE ${index.database} CONTINUE`] : []),
    ...(index.online
      ? [
          `ROLLFORWARD DATABASE ${database}${user} TO END OF BACKUP AND STOP OVERFLOW LOG PATH (${paths([logs], host)}) NORETRIEVE`,
        ]
      : []),
    ...(archiveLogs ? [] : [`UPDATE DATABASE CONFIGURATION FOR ${database} USING LOGARCHMETH1 OFF LOGARCHMETH2 OFF`]),
  ]
}

/** Where nothing is stored automatically, no storage paths may be given. */
function where({ automaticStorage }: ImageIndex, files: string, host: Host): string {
  const path = paths([files], host)
  return automaticStorage ? `ON ${path} DBPATH ON ${path}` : `TO ${path}`
}

/** Table spaces with files of their own would otherwise take those of the database that was dumped. */
function containers({ tableSpaces }: ImageIndex, database: string, files: string, host: Host): string[] {
  return tableSpaces.map(({ id, kind, pages }) => {
    const path = paths([join(files, `${database}-tablespace-${id}`)], host)
    return `SET TABLESPACE CONTAINERS FOR ${id} USING (${kind === 'SMS' ? `PATH ${path}` : `FILE ${path} ${pages}`})`
  })
}

function refuseWarnings(
  transcript: Transcript,
  { replace, database }: Into,
  redirected: boolean,
  what: string,
  host: Host,
  code: ErrorCode,
): void {
  for (const message of transcript.messages) {
    if (message.severity !== 'warning') continue
    const id = warned(message)
    if (OVERWRITTEN.includes(id)) {
      if (replace) continue
      throw host.error(
        code,
        `A database ${database} was made while this restored, and was overwritten (${message.id})`,
        {
          cause: new SaidByDb2(message.id, transcript.output),
        },
      )
    }
    // That a setting takes effect later; that files can now be told.
    if (id === 'SQL1363W' || (redirected && id === 'SQL1277W')) continue
    throw clpError(host, { ...transcript, messages: [message] }, what, code)
  }
}

/**
 * Whether a restore was said to be successful. Where it went on without asking it is said in one sentence with the number
 * of what would have been asked, and not again.
 */
export function saysRestored(transcript: Transcript): boolean {
  return completions(transcript, 'RESTORE DATABASE') > 0 || transcript.messages.some(({ id }) => id === 'SQL2540W')
}

/** What was warned of, also if only its number is told. */
function warned({ id, text }: Message): string {
  return id === 'SQL2540W' ? `SQL${/"?\b(\d{4})\b"?/.exec(text)?.[1]}W` : id
}

/** Whether a restore failed because a database of that name was there: then it is not this run's to be dropped. */
export function isOfAnother(error: unknown): boolean {
  const id = messageOf(error) ?? ''
  return [...OVERWRITTEN, 'SQL2540W', 'SQL1005N', 'SQL1035N'].includes(id)
}

function requireRolledForward(transcript: Transcript, what: string, host: Host, code: ErrorCode): void {
  const said = completions(transcript, 'ROLLFORWARD') === 1
  if (said && /^ *Rollforward status += not pending *$/m.test(transcript.output)) return
  throw clpError(host, transcript, `${what}: it was not rolled forward to the end of the backup`, code)
}
