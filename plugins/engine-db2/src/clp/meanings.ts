import type { ErrorCode } from 'dbvault'

/** What a message of Db2 means here. */
export interface Meaning {
  /** Absent: what a failure means in the step in which it was said. */
  readonly code?: ErrorCode
  readonly what: string
  readonly hints?: readonly string[]
  readonly retryable?: boolean
  /** Of the server or the machine, and not of what was dumped or is restored. */
  readonly ofMachine?: boolean
}

const SPACE = ['Make space there, or name a larger directory for temporary files with --temp-dir.']
const RIGHTS = [
  'SYSADM, SYSCTRL or SYSMAINT is needed: run as the owner of the instance, or as one of its SYSMAINT group.',
]

const DENIED: Meaning = {
  code: 'SOURCE_DENIED',
  what: 'the user may not do this',
  hints: RIGHTS,
  ofMachine: true,
}
const FULL: Meaning = { what: 'there is no space left', hints: SPACE, ofMachine: true }
const OCCUPIED: Meaning = {
  code: 'TARGET_NOT_EMPTY',
  what: 'a database of this name is there already',
  hints: ['Restore into another database, or replace this one with --replace.'],
}
const LOST: Meaning = {
  code: 'SOURCE_UNREACHABLE',
  what: 'the server ended the connection',
  hints: ['See why in its log: db2diag'],
  retryable: true,
  ofMachine: true,
}
const LOCKED: Meaning = {
  what: 'another application holds a lock',
  hints: ['Wait longer for it with --db2-lock-timeout.'],
  retryable: true,
}

export const MEANINGS: Readonly<Record<string, Meaning>> = {
  SQL1013N: {
    code: 'SOURCE_NOT_FOUND',
    what: 'the instance has no database of this name',
    hints: ['See which it has: db2 list database directory'],
  },
  SQL1031N: { code: 'SOURCE_NOT_FOUND', what: 'there is no database where its directory says' },
  SQL1032N: {
    code: 'SOURCE_UNREACHABLE',
    what: 'the instance is not started',
    hints: ['Start it, as its owner: db2start'],
    ofMachine: true,
  },
  SQL1224N: LOST,
  SQL30081N: LOST,
  SQL1220N: { ...LOST, what: 'the server has no memory left to talk to its programs' },
  SQL1035N: {
    what: 'the database is in use, and this needs it alone',
    hints: [
      'See who uses it: db2 list applications',
      'Back it up while it is in use, with archived logs: --db2-mode online',
    ],
    retryable: true,
    ofMachine: true,
  },
  SQL1015N: { what: 'the database was not shut down in order', hints: ['Recover it: db2 restart database NAME'] },
  SQL1116N: {
    what: 'the database waits for its first backup since logs are archived, and nobody can connect to it until then',
    hints: ['Take that one with Db2 itself: db2 backup database NAME to /dev/null'],
  },
  SQL1117N: {
    what: 'the database is being rolled forward, and nobody can connect to it until that is over',
    hints: ['End it: db2 rollforward database NAME complete'],
  },
  SQL1119N: {
    what: 'an earlier restore of the database was not finished',
    hints: ['Restore it again, with --replace.'],
  },
  SQL2413N: {
    what: 'an online backup needs archived logs',
    hints: [
      'Archive them: db2 update db cfg for NAME using LOGARCHMETH1 DISK:/directory, then one offline backup',
      'Or back it up while nobody uses it: --db2-mode offline',
    ],
  },
  SQL30082N: {
    code: 'SOURCE_DENIED',
    what: 'the user and password were not accepted',
    hints: ['Check --user and --password.'],
  },
  SQL1092N: DENIED,
  SQL0552N: DENIED,
  SQL1060N: { ...DENIED, hints: ['Allow it: GRANT CONNECT ON DATABASE TO USER …'] },
  SQL0551N: {
    ...DENIED,
    what: 'the user may not read this',
    hints: ['Allow it to read every table: GRANT DATAACCESS ON DATABASE TO USER …'],
  },
  SQL0668N: {
    what: 'a table waits for SET INTEGRITY or for the end of a load, and cannot be read',
    hints: ["See which: SELECT TABSCHEMA, TABNAME FROM SYSCAT.TABLES WHERE STATUS <> 'N'"],
  },
  SQL0204N: { what: 'a table was dropped meanwhile', retryable: true },
  SQL0911N: LOCKED,
  SQL0913N: LOCKED,
  SQL2036N: {
    what: 'the server cannot write to or read from the directory for temporary files',
    hints: ['Name one on a local disk that the owner of the instance can reach with --temp-dir.'],
    ofMachine: true,
  },
  SQL2542N: { what: 'the server finds no such image where it was put' },
  SQL2025N: {
    what: 'the server had an I/O error with the image',
    hints: ['See db2diag and the log of the system.'],
    ofMachine: true,
  },
  SQL2059W: FULL,
  SQL0968C: FULL,
  SQL1004C: FULL,
  SQL0964C: {
    what: "the database's log is full",
    hints: ['Give it more: LOGPRIMARY, LOGSECOND, or space on its disk.'],
    ofMachine: true,
  },
  SQL2009C: {
    what: 'the server has not enough memory for this',
    hints: ['Give it more: db2 update db cfg for NAME using UTIL_HEAP_SZ …'],
    ofMachine: true,
  },
  SQL2523W: OCCUPIED,
  SQL2528W: OCCUPIED,
  SQL2529W: OCCUPIED,
  SQL2539W: OCCUPIED,
  SQL1005N: OCCUPIED,
  SQL0294N: {
    what: 'a file of a table space is in use by another database',
    hints: ['Restore into a directory of its own: --db2-storage-path'],
    ofMachine: true,
  },
  SQL1277W: {
    what: 'files of table spaces cannot be made where the image wants them',
    hints: ['Restore into a directory of its own: --db2-storage-path'],
    ofMachine: true,
  },
}
