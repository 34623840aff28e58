import type { Leaving } from '../archive/restore-list.ts'

export interface SqlLeaving extends Leaving {
  readonly owners: boolean
  readonly privileges: boolean
  /** Major version of the server that runs it. */
  readonly server: number
}

const RELATIONS = 'PUBLICATION|SUBSCRIPTION|USER MAPPING'
const TABLESPACE = /^SET default_tablespace = /
const OWNER = /^ALTER [^]* OWNER TO (?:"(?:[^"]|"")+"|[\w$\u0080-\u00ff]+);$/
const PRIVILEGES = /^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION)\b/
/** An extension that lives in one database of a server. */
const BOUND = /^(?:CREATE EXTENSION (?:IF NOT EXISTS )?pg_cron\b|COMMENT ON EXTENSION pg_cron\b)/
/** Its rows, behind it in the dump. A schema of that name may be the user's own where it is not. */
const OF_BOUND = /^(?:(?:CREATE|ALTER|COMMENT ON) SCHEMA cron\b|COPY cron\.|SELECT pg_catalog\.setval\('cron\.)/
/** What pg_dump and pg_restore of 17 and later say first, and older servers do not know. */
const TIMEOUT = /^SET transaction_timeout = 0;$/
const TIMEOUT_SINCE = 17

/** Says of each statement of a dump in SQL, in their order, whether it is not to be run. The counterpart of pg_restore's options and list. */
export function leftOutOfSql({
  relations,
  eventTriggers,
  owners,
  privileges,
  server,
}: SqlLeaving): (statement: string) => boolean {
  const kinds = [...(relations ? [RELATIONS] : []), ...(eventTriggers ? ['EVENT TRIGGER'] : [])].join('|')
  const patterns = [
    TABLESPACE,
    BOUND,
    ...(kinds === ''
      ? []
      : [new RegExp(`^(?:CREATE|ALTER|COMMENT ON|SECURITY LABEL(?: FOR \\S+)? ON) (?:${kinds})\\b`)]),
    ...(owners ? [] : [OWNER]),
    ...(privileges ? [] : [PRIVILEGES]),
    ...(server < TIMEOUT_SINCE ? [TIMEOUT] : []),
  ]
  let bound = false
  return (statement) => {
    bound ||= BOUND.test(statement)
    return (bound && OF_BOUND.test(statement)) || patterns.some((pattern) => pattern.test(statement))
  }
}
