import type { Host } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { defaultsOf, digested } from '../fingerprint/read-fingerprint.ts'
import { contentsOf } from '../inspect.ts'
import type { Place } from '../scratch/place.ts'
import { literal, name, qualified, shown } from '../server/quote.ts'
import { connect } from '../server/session.ts'
import { createObjects, dropObjects, readObjects, type Objects } from './objects.ts'

const NOTHING: Objects = { tables: [], definitions: [] }

/**
 * Moves all that a restored database holds to the target's name. Tables go by one RENAME TABLE, which is done in whole
 * or not at all; what is there goes to a third database by the same statement. Views, routines and triggers cannot be
 * moved: they are made again, and for that moment the target is without them. When anything fails, the target is made
 * what it was; whatever was there is dropped when all is done, `finish` included.
 */
export async function swap(
  { session: { login }, database: beside }: Place,
  target: string,
  replace: boolean,
  outer: Host,
  finish: (host: Host) => Promise<void>,
): Promise<void> {
  // From the first change on nothing may end half-way.
  const host: Host = { ...outer, signal: new AbortController().signal }
  await using session = await connect(login, host)
  const before = await contentsOf(session, target)
  const occupied = before !== undefined && before.tables + before.others > 0
  if (occupied && !replace) throw notEmpty(host, target)
  if (occupied) await refuseForeignKeys()

  const fresh = await readObjects(session, beside)
  const old = before === undefined ? NOTHING : await readObjects(session, target)
  const [charset, collation] = await defaultsOf(session, beside)
  const [oldCharset, oldCollation] = before === undefined ? ['', ''] : await defaultsOf(session, target)
  const kept = `dbvault_old_${randomBytes(6).toString('hex')}`
  let moved = false

  try {
    if (before === undefined) await session.run(`CREATE DATABASE ${name(target)}`)
    await session.run(`ALTER DATABASE ${name(target)} CHARACTER SET ${charset} COLLATE ${collation}`)
    if (old.tables.length > 0) await session.run(`CREATE DATABASE ${name(kept)}`)
    await dropObjects(session, target, old.definitions)
    await dropObjects(session, beside, fresh.definitions)
    await rename([...moves(old.tables, target, kept), ...moves(fresh.tables, beside, target)])
    moved = true
    await createObjects(login, target, fresh.definitions, host)
    await compare()
    outer.signal.throwIfAborted()
    await finish(outer)
  } catch (error) {
    await revert(error)
    throw error
  }
  if (old.tables.length > 0) await session.run(`DROP DATABASE ${name(kept)}`)

  async function rename(pairs: readonly string[]): Promise<void> {
    if (pairs.length > 0) await session.run(`RENAME TABLE ${pairs.join(', ')}`)
  }

  /** What was made again must be what was restored and compared. */
  async function compare(): Promise<void> {
    const made = await readObjects(session, target)
    const words = (objects: Objects): string =>
      JSON.stringify(objects.definitions.map((one) => digested(one).join(' ')).sort())
    if (words(made) !== words(fresh) || made.tables.length !== fresh.tables.length) {
      throw host.error('RESTORE_FAILED', `What was made in ${shown(target)} is not what was restored`)
    }
  }

  async function revert(reason: unknown): Promise<void> {
    try {
      if (before === undefined) {
        await session.run(`DROP DATABASE IF EXISTS ${name(target)}`)
        return
      }
      await dropObjects(session, target, (await readObjects(session, target)).definitions)
      if (moved) await rename([...moves(fresh.tables, target, beside), ...moves(old.tables, kept, target)])
      await session.run(`ALTER DATABASE ${name(target)} CHARACTER SET ${oldCharset} COLLATE ${oldCollation}`)
      await createObjects(login, target, old.definitions, host)
      await session.run(`DROP DATABASE IF EXISTS ${name(kept)}`)
    } catch (cause) {
      throw host.error('RESTORE_FAILED', `The restore failed, and ${shown(target)} could not be made what it was`, {
        hints: moved && old.tables.length > 0 ? [`All tables that it had are in the database ${kept}.`] : [],
        cause: new AggregateError([reason, cause]),
      })
    }
  }

  async function refuseForeignKeys(): Promise<void> {
    const rows = await session.rows(
      `SELECT DISTINCT CONSTRAINT_SCHEMA s, TABLE_NAME t FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ${literal(target)} AND CONSTRAINT_SCHEMA <> ${literal(target)}`,
    )
    if (rows.length === 0) return
    const tables = rows.map((row) => `${String(row['s'])}.${String(row['t'])}`).join(', ')
    throw host.error(
      'RESTORE_FAILED',
      `Tables of other databases refer to ${shown(target)} by foreign keys: ${tables}`,
      {
        hints: ['Drop these foreign keys, restore, and add them again.'],
      },
    )
  }
}

export function notEmpty(host: Host, database: string): Error {
  return host.error('TARGET_NOT_EMPTY', `The database ${shown(database)} is not empty`, {
    hints: ['Restore to another database, or replace what is there with --replace.'],
  })
}

function moves(tables: readonly string[], from: string, to: string): string[] {
  return tables.map((table) => `${qualified(from, table)} TO ${qualified(to, table)}`)
}
