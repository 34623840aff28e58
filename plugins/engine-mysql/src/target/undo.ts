import type { Host } from 'dbvault'
import type { Login } from '../server/login.ts'
import { name, qualified } from '../server/quote.ts'
import { connect, type Session } from '../server/session.ts'
import { type Journal, dropKept, keptName, tablesIn, tokenName, unmarkDone } from './journal.ts'
import { createObjects, dropObjects, readObjects } from './objects.ts'

/**
 * Makes the target of a swap what it was, however far that had come, and removes its journal. May be called again when it
 * did not come to its end. A target that was not there is dropped only where `made` says that this swap has made it.
 */
export async function undo(journal: Journal, login: Login, host: Host, made = false): Promise<void> {
  const { id, target, before, old, fresh } = journal
  await using session = await connect(login, host)
  await unmarkDone(session, id)
  if (before === undefined) {
    if (made) await session.run(`DROP DATABASE IF EXISTS ${name(target)}`)
    return await dropKept(session, id)
  }
  const [kept, beside] = [keptName(id), `dbvault_restore_${id}`]
  await session.run(`CREATE DATABASE IF NOT EXISTS ${name(target)}`)
  const now = await readObjects(session, target)
  await dropObjects(session, target, now.definitions)
  const inKept = new Set(await tablesIn(session, kept))
  const inBeside = new Set(await tablesIn(session, beside))
  const isOld = new Set(old.tables)
  const isNow = new Set(now.tables)
  const moved = inKept.has(tokenName(id))
  const back = old.tables.filter((table) => inKept.has(table))
  const away = fresh.filter(
    (table) => moved && isNow.has(table) && !inBeside.has(table) && (inKept.has(table) || !isOld.has(table)),
  )
  await session.run(`CREATE DATABASE IF NOT EXISTS ${name(beside)}`)
  await moveTables(session, [
    { tables: away, from: target, to: beside },
    { tables: back, from: kept, to: target },
    { tables: moved ? [tokenName(id)] : [], from: kept, to: beside },
  ])
  await session.run(`ALTER DATABASE ${name(target)} CHARACTER SET ${before.charset} COLLATE ${before.collation}`)
  await createObjects(login, target, old.definitions, host)
  await session.run(`DROP DATABASE IF EXISTS ${name(beside)}`)
  await dropKept(session, id)
}

export interface Move {
  readonly tables: readonly string[]
  readonly from: string
  readonly to: string
}

/** By one statement, which is done in whole or not at all. */
export async function moveTables(session: Session, moves: readonly Move[]): Promise<void> {
  const pairs = moves.flatMap(({ tables, from, to }) =>
    tables.map((table) => `${qualified(from, table)} TO ${qualified(to, table)}`),
  )
  if (pairs.length > 0) await session.run(`RENAME TABLE ${pairs.join(', ')}`)
}
