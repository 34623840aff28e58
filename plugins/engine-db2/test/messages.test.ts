import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { clpError, isOfMachine, messageOf } from '../src/clp/clp-error.ts'
import { hasFailed, rowsOf, transcriptOf } from '../src/clp/transcript.ts'
import { entriesOf } from '../src/instance/database-directory.ts'
import { said } from './stand-in/answer.ts'

type Row = readonly [name: string, code: string, says: RegExp, retryable?: boolean]

/** What was said, what it means, and a word of what is said to do. */
const ROWS: readonly Row[] = [
  ['sql1013n', 'SOURCE_NOT_FOUND', /no database of this name.*list database directory/s],
  ['sql1032n', 'SOURCE_UNREACHABLE', /not started.*db2start/s],
  ['sql1224n', 'SOURCE_UNREACHABLE', /ended the connection.*db2diag/s, true],
  ['sql30082n', 'SOURCE_DENIED', /user and password.*--user/s],
  ['sql1092n', 'SOURCE_DENIED', /may not do this.*SYSMAINT/s],
  ['sql0552n', 'SOURCE_DENIED', /may not do this.*SYSMAINT/s],
  ['sql1060n', 'SOURCE_DENIED', /GRANT CONNECT/],
  ['sql0551n', 'SOURCE_DENIED', /may not read.*GRANT DATAACCESS/s],
  ['sql1035n', 'DUMP_FAILED', /is in use.*--db2-mode online/s, true],
  ['sql1015n', 'DUMP_FAILED', /not shut down in order.*restart database/s],
  ['sql1116n', 'DUMP_FAILED', /first backup.*backup database NAME/s],
  ['sql1117n', 'DUMP_FAILED', /rolled forward.*rollforward database NAME complete/s],
  ['sql1119n', 'DUMP_FAILED', /not finished.*--replace/s],
  ['sql2413n', 'DUMP_FAILED', /archived logs.*LOGARCHMETH1.*--db2-mode offline/s],
  ['sql2036n', 'DUMP_FAILED', /directory for temporary files.*--temp-dir/s],
  ['sql2025n', 'DUMP_FAILED', /I\/O error.*db2diag/s],
  ['sql2059w', 'DUMP_FAILED', /no space left.*--temp-dir/s],
  ['sql0968c', 'DUMP_FAILED', /no space left.*--temp-dir/s],
  ['sql0964c', 'DUMP_FAILED', /log is full.*LOGSECOND/s],
  ['sql2009c', 'DUMP_FAILED', /not enough memory.*UTIL_HEAP_SZ/s],
  ['sql0911n', 'DUMP_FAILED', /holds a lock.*--db2-lock-timeout/s, true],
  ['sql0668n', 'DUMP_FAILED', /SET INTEGRITY.*SYSCAT.TABLES/s],
  ['sql0294n', 'DUMP_FAILED', /another database.*--db2-storage-path/s],
  ['sql2539w', 'TARGET_NOT_EMPTY', /there already.*--replace/s],
  ['sql2529w', 'TARGET_NOT_EMPTY', /there already.*--replace/s],
  ['sql2542n', 'DUMP_FAILED', /no such image/],
  ['sql2530n', 'DUMP_FAILED', /damaged/],
]

describe('what Db2 says', () => {
  const host = testHost()
  after(() => host[Symbol.asyncDispose]())

  for (const [name, code, says, retryable = false] of ROWS) {
    it(`${name.toUpperCase()} is ${code}${retryable ? ', which may be tried again' : ''}, with the number and the way out`, () => {
      const { output, code: ended } = said(name)
      const transcript = transcriptOf(output, ended)
      const only = { ...transcript, messages: transcript.messages.filter(({ id }) => id !== 'DB20000I') }
      const error = clpError(host, only, 'It failed', 'DUMP_FAILED') as Error & {
        code: string
        hints: string[]
        retryable: boolean
      }
      assert.equal(error.code, code)
      assert.equal(error.retryable, retryable)
      assert.match([error.message, ...error.hints].join('\n'), says)
      assert.ok(error.message.includes(name.toUpperCase()), error.message)
      assert.equal(messageOf(error), name.toUpperCase())
    })
  }

  it('is put together over its lines, and told apart from what is printed around it', () => {
    const output = `\n Rows\n\n${said('sql1035n').output}\n1 line more\n\nDB20000I  The SQL command completed successfully.\n`
    assert.deepEqual(transcriptOf(output, 4).messages, [
      {
        id: 'SQL1035N',
        severity: 'error',
        text: 'The operation failed, because the database cannot be connected to in the mode that is asked for. SQLSTATE=57019',
      },
      { id: 'DB20000I', severity: 'information', text: 'The SQL command completed successfully.' },
    ])
  })

  it('is a failure from 4 on: 1 is no row, 2 a warning, and all are added up', () => {
    const codes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12]
    assert.deepEqual(
      codes.filter((code) => hasFailed(transcriptOf('', code))),
      [4, 5, 6, 7, 8, 12],
    )
  })

  it('gives the rows of our queries, without what they are padded with', () => {
    const output =
      '\n1            \n-------------\ndbv|rows|0|7.|-12.      \ndbv|objects|views|2\n\n  2 record(s) selected.\n'
    assert.deepEqual(rowsOf(transcriptOf(output, 0)), [
      ['rows', '0', '7.', '-12.'],
      ['objects', 'views', '2'],
    ])
  })

  it('tells of a failure without a reason by its exit code', () => {
    const error = clpError(host, transcriptOf('(c) Not IBM\n', 8), 'It failed', 'DUMP_FAILED')
    assert.equal(error.message, 'It failed: db2 ended with 8 and gave no reason')
  })

  it('tells what is of the machine from what is of the backup', () => {
    const of = (name: string): boolean =>
      isOfMachine(clpError(host, transcriptOf(said(name).output, 4), 'It failed', 'PROOF_FAILED'))
    assert.deepEqual(
      ['sql2036n', 'sql0968c', 'sql1032n', 'sql1092n', 'sql2009c'].filter((name) => !of(name)),
      [],
    )
    assert.deepEqual(['sql2530n', 'sql1273n', 'sql2542n', 'sql2537n'].filter(of), [])
  })

  it('lists databases of this machine with their directory, and those of others without', () => {
    const entry = (alias: string, type: string, where: string): string =>
      `Database 1 entry:\n\n Database alias                       = ${alias}\n Database name                        = ${alias}\n` +
      ` ${where}\n Directory entry type                 = ${type}\n\n`
    const output = `\n System Database Directory\n\n Number of entries in the directory = 2\n\n${entry(
      'SHOP',
      'Indirect',
      'Local database directory             = /home/db2inst1',
    )}${entry('FAR', 'Remote', 'Node name                            = THERE')}`
    assert.deepEqual(entriesOf(transcriptOf(output, 0)), [
      { alias: 'SHOP', name: 'SHOP', path: '/home/db2inst1' },
      { alias: 'FAR', name: 'FAR', path: undefined },
    ])
  })
})
