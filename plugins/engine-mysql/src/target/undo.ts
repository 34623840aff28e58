import type { Host } from 'dbvault'
import type { Definition } from '../fingerprint/read-definitions.ts'
import type { Login } from '../server/login.ts'
import { name, qualified } from '../server/quote.ts'
import { connect, type Session } from '../server/session.ts'
import { tablesIn } from '../server/tables-in.ts'
import { type Journal, dropKept, dropTables, keptName, tokenName, unmarkDone } from './journal.ts'
import { contentsOf } from './contents.ts'
import { takeSignAway } from './sign.ts'
import { createObjects, dropObjects, readObjects, type Objects } from './objects.ts'

/**
 * Makes the target of a swap what it was, however far that had come, and removes its journal. May be called again when it
 * did not come to its end. A target that was not there is dropped only where this swap has made it, and of what: `made`.
 */
export async function undo(journal: Journal, login: Login, host: Host, made?: Objects): Promise<void> {
  const { id, target, before, old, fresh } = journal
  await using session = await connect(login, host)
  await unmarkDone(session, id)
  if (before === undefined) {
    if (made) await unmake(session, target, made)
    await takeSignAway(session, target, id)
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
  await takeSignAway(session, target, id)
  await dropKept(session, id)
}

/** Drops a database that a swap has made, but nothing that somebody else has put there since. */
async function unmake(session: Session, target: string, made: Objects): Promise<void> {
  if ((await contentsOf(session, target)) === undefined) return
  const now = await readObjects(session, target)
  const key = ({ kind, name: object }: Definition): string => `${kind} ${object}`
  const ours = new Set([...made.tables, ...made.definitions.map(key)])
  const theirs = [...now.tables, ...now.definitions.map(key)].filter((one) => !ours.has(one))
  if (theirs.length === 0) return await session.run(`DROP DATABASE ${name(target)}`)
  await dropObjects(session, target, made.definitions)
  await dropTables(
    session,
    target,
    now.tables.filter((table) => ours.has(table)),
  )
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
