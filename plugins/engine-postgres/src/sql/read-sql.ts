import { CopyData } from './copy-data.ts'
import { SqlError } from './sql-error.ts'
import { StatementLexer } from './statement-lexer.ts'

/** A part of a dump in SQL. Rows belong to the COPY before them and may come in several pieces. */
export type Piece =
  | { readonly kind: 'statement'; readonly sql: Buffer; readonly copies: boolean }
  | { readonly kind: 'rows'; readonly bytes: Buffer }
  | { readonly kind: 'end-of-rows' }

const NEWLINE = 10
const TRAILER = '-- PostgreSQL database dump complete'
const COPY = /^COPY\s[^]*\sFROM stdin;$/i
const STRINGS = /^SET standard_conforming_strings = (on|off);$/
const RESTRICT = /^\\(un)?restrict ([A-Za-z0-9]+)\n$/
/** A line is a part of a statement; a longer one means that what ends it is damaged. */
const LONGEST_LINE = 256 * 1024 * 1024

/**
 * Takes the SQL that pg_dump writes apart, into what a server is to be told. It ends without an error only when the
 * whole of it came: the last statement and the last COPY had their ends, then came the line that pg_dump ends with,
 * then, where commands for psql were locked at the beginning, the same lock's end, and nothing more. Any other command
 * for psql is refused.
 * @throws SqlError, and what reading throws
 */
export async function* readSql(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const reader = new SqlReader()
  for await (const chunk of chunks) {
    reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    yield* reader.taken()
  }
  reader.end()
}

export class SqlReader {
  #pieces: Piece[] = []
  /** While rows are read. */
  #copy: CopyData | undefined
  #line: Buffer[] = []
  #lineLength = 0
  /** What `\restrict` named, and whether it has ended. */
  #lock: string | undefined
  #unlocked = false
  #complete = false
  /** Whether the last line was empty, as that of a dump is. */
  #blank = false
  readonly #lexer: StatementLexer

  constructor() {
    this.#lexer = new StatementLexer(
      (sql) => this.#take(sql),
      (line) => {
        if (line === TRAILER) this.#complete = true
      },
    )
  }

  /** What was read since the last call. */
  taken(): Piece[] {
    return this.#pieces.splice(0)
  }

  /** @throws SqlError */
  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#copy) {
        const { rows, rest: after } = this.#copy.push(rest)
        if (rows.length > 0) this.#pieces.push({ kind: 'rows', bytes: rows })
        if (after === undefined) return
        this.#pieces.push({ kind: 'end-of-rows' })
        this.#copy = undefined
        rest = after
      } else {
        const end = rest.indexOf(NEWLINE)
        const part = end < 0 ? rest : rest.subarray(0, end + 1)
        this.#lineLength += part.length
        if (this.#lineLength > LONGEST_LINE) throw new SqlError('a line in it is too long to be true')
        this.#line.push(part)
        rest = rest.subarray(part.length)
        if (end >= 0) this.#endLine()
      }
    }
  }

  /** To be called after the last chunk. @throws SqlError */
  end(): void {
    if (this.#copy) throw new SqlError('it ends in the middle of the rows of a table')
    if (this.#lineLength > 0 || !this.#lexer.between) throw new SqlError('it ends in the middle of a statement')
    if (!this.#complete) throw new SqlError('the line that pg_dump ends with is missing')
    if (!this.#blank || (this.#lock !== undefined && !this.#unlocked)) throw new SqlError('its last line is missing')
  }

  #endLine(): void {
    const [first] = this.#line
    const line = this.#line.length === 1 && first ? first : Buffer.concat(this.#line)
    this.#line = []
    this.#lineLength = 0
    this.#blank = line.length === 1
    if (!this.#lexer.between || !this.#isLock(line)) this.#lexer.push(line)
  }

  /** `\restrict` comes first and `\unrestrict` last, if at all: pg_dump writes them since its releases of August 2025. */
  #isLock(line: Buffer): boolean {
    const [, ends, key] = (line.length < 200 && RESTRICT.exec(line.toString('latin1'))) || []
    if (key === undefined) return false
    const expected =
      ends === undefined ? this.#lock === undefined && !this.#complete : this.#lock === key && this.#complete
    if (!expected || this.#unlocked) throw new SqlError('what locks commands for psql stands in an odd place')
    if (ends === undefined) this.#lock = key
    else this.#unlocked = true
    return true
  }

  #take(sql: Buffer): void {
    if (this.#complete) throw new SqlError('something follows the line that pg_dump ends with')
    const start = sql.toString('latin1', 0, 64)
    const strings = STRINGS.exec(start)?.[1]
    if (strings !== undefined) this.#lexer.standardStrings = strings === 'on'
    const copies = /^COPY\s/i.test(start) && COPY.test(sql.toString('latin1'))
    if (copies) this.#copy = new CopyData()
    this.#pieces.push({ kind: 'statement', sql, copies })
  }
}
