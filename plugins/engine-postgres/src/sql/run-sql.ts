import type { Session } from '../server/session.ts'
import { SqlError } from './sql-error.ts'
import { readSql, type Piece } from './read-sql.ts'

export interface SqlOptions {
  /** Whether a statement is not to be run. */
  readonly skip: (statement: string) => boolean
  /** What is already within a transaction keeps the statements of large objects from ending it. */
  readonly inTransaction: boolean
}

/** Of a statement, enough to know which it is. */
const SHOWN = 8192
const TRANSACTION = /^(?:BEGIN|COMMIT);$/

/**
 * Has a server run the SQL of a dump, statement by statement: each is known to have been carried out, none is run of
 * which the end did not come, and the first that fails is the last. No psql, which takes an end in the middle of rows for
 * the end of them, and runs commands of its own.
 * @throws SqlError, what the server said, and what reading throws
 */
export async function runSql(
  session: Session,
  chunks: AsyncIterable<Uint8Array>,
  { skip, inTransaction }: SqlOptions,
): Promise<void> {
  const pieces = readSql(chunks)
  try {
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      const piece = next.value
      if (piece.kind !== 'statement') throw new SqlError('rows stand where no table is named')
      const text = piece.sql.toString('latin1', 0, SHOWN)
      const skipped = skip(text) || (inTransaction && TRANSACTION.test(text))
      if (piece.copies) await copyRows(skipped ? undefined : session, piece.sql, pieces)
      else if (!skipped) await session.run(piece.sql)
    }
  } finally {
    await pieces.return(undefined)
  }
}

/** Reads on to the end of the rows; without a session nothing becomes of them. */
async function copyRows(session: Session | undefined, sql: Buffer, pieces: AsyncIterator<Piece>): Promise<void> {
  const copy = await session?.copyIn(sql)
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    const piece = next.value
    if (piece.kind === 'rows') await copy?.write(piece.bytes)
    else if (piece.kind === 'end-of-rows') return await copy?.end()
    else break
  }
  throw new SqlError('the rows of a table have no end')
}
