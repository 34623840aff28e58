import type { ErrorCode, Host } from 'dbvault'
import type { TableSpace } from '../archive/image-index.ts'
import { asUser, type Login } from '../clp/quote.ts'
import { rowsOf, type Transcript } from '../clp/transcript.ts'

/** What has to be known of a database before it is backed up. */
export interface Facts {
  /** Of the server, such as `11.5.8.0`. */
  readonly version: string
  /** Whether the server has the functions that digest rows. */
  readonly digests: boolean
  readonly codeset: string
  /** Whether logs are archived, which an online backup needs. */
  readonly archivesLogs: boolean
  readonly partitions: number
  readonly bytes: number
  readonly automaticStorage: boolean
  readonly tableSpaces: readonly TableSpace[]
}

export function connectStatements(
  database: string,
  login: Login | undefined,
  lockTimeout: number,
  exclusive = false,
): string[] {
  return [
    `CONNECT TO ${database}${exclusive ? ' IN EXCLUSIVE MODE' : ''}${asUser(login)}`,
    `SET CURRENT LOCK TIMEOUT ${lockTimeout}`,
  ]
}

/** Each answer is one text, with a mark before it. */
export const FACT_STATEMENTS: readonly string[] = [
  `SELECT 'dbv|setting|' || NAME || '|' || COALESCE(VALUE, '') FROM SYSIBMADM.DBCFG \
WHERE NAME IN ('codeset', 'logarchmeth1', 'logarchmeth2')`,
  `SELECT 'dbv|tablespace|' || VARCHAR(TBSP_ID) || '|' || TBSP_TYPE || '|' || VARCHAR(TBSP_USING_AUTO_STORAGE) || '|' || \
VARCHAR(TBSP_TOTAL_PAGES) || '|' || VARCHAR(BIGINT(TBSP_USED_PAGES) * TBSP_PAGE_SIZE) || '|' || VARCHAR(MEMBER) \
FROM TABLE(MON_GET_TABLESPACE('', -2))`,
]

/** The first version with functions that digest a value. */
const DIGESTS_FROM = 11

/** @throws `code` when the answers are not all there */
export function factsOf(transcript: Transcript, host: Host, code: ErrorCode): Facts {
  const rows = rowsOf(transcript)
  const of = (kind: string): string[][] => rows.filter(([first]) => first === kind).map(([, ...rest]) => rest)
  const settings = new Map(of('setting').map(([name = '', value = '']) => [name.trim().toLowerCase(), value.trim()]))
  const version = /Database server +=.*?(\d+(?:\.\d+)+)/.exec(transcript.output)?.[1]
  const spaces = of('tablespace')
  if (version === undefined || !settings.has('logarchmeth1') || spaces.length === 0) {
    throw host.error(code, 'The server did not say what it is and how its database is set up')
  }
  const methods = ['logarchmeth1', 'logarchmeth2'].map((name) => settings.get(name) ?? 'OFF')
  return {
    version,
    digests: Number.parseInt(version, 10) >= DIGESTS_FROM,
    codeset: settings.get('codeset') ?? 'UTF-8',
    archivesLogs: methods.some((method) => method !== 'OFF' && method !== ''),
    // Each has table spaces of its own.
    partitions: new Set(spaces.map((space) => space[5]?.trim())).size,
    bytes: spaces.reduce((sum, [, , , , used]) => sum + (Number(used) || 0), 0),
    automaticStorage: spaces.some(([, , automatic]) => automatic?.trim() === '1'),
    tableSpaces: spaces
      .filter(([, , automatic]) => automatic?.trim() !== '1')
      .map(([id, kind, , pages]) => ({
        id: Number(id),
        kind: kind?.trim() === 'SMS' ? 'SMS' : 'DMS',
        pages: Number(pages) || 0,
      })),
  }
}
