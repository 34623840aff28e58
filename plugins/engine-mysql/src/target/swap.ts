import type { Host } from 'dbvault'
import { asPattern } from '../audit/grants.ts'
import { whyNotMade } from '../audit/why-not-made.ts'
import { unreadableViews } from '../dump/unreadable-views.ts'
import { defaultsOf, digested } from '../fingerprint/read-fingerprint.ts'
import type { ScratchSchema } from '../scratch/scratch-schema.ts'
import { isDatabase, literal, name, qualified, shown } from '../server/quote.ts'
import { isServerError, said } from '../server/server-error.ts'
import { connect } from '../server/session.ts'
import { contentsOf } from './contents.ts'
import { type Journal, dropKept, keptName, markDone, tokenName, writeJournal } from './journal.ts'
import { createObjects, dropObjects, readObjects, type Objects } from './objects.ts'
import { putSign, takeSignAway } from './sign.ts'
import { moveTables, undo } from './undo.ts'

const DATABASE_EXISTS = 1007
/** A foreign key of another table refers to it. */
const REFERRED_TO = [1217, 1451, 3730]
const NOTHING: Objects = { tables: [], definitions: [] }

/** How long a statement of the swap waits for what others do with a table, in seconds. Behind it everybody waits. */
const LOCK_SECONDS = 10

/**
 * Moves all that a restored database holds to the target's name. Tables go by one RENAME TABLE, which is done in whole
 * or not at all; what is there goes to a third database by the same statement. Views, routines and triggers cannot be
 * moved: they are made again, and for that moment the target is without them. What is to be done is written down first;
 * when anything fails, the target is made what it was, by a later restore where this one was killed. What was there is
 * dropped when all is done, `finish` included.
 */
export async function swap(
  { session: { login }, facts, database: beside, id, silence }: ScratchSchema,
  target: string,
  replace: boolean,
  outer: Host,
  finish: (host: Host) => Promise<void>,
): Promise<void> {
  // From the first change on nothing may end half-way, as long as the server answers.
  const host: Host = { ...outer, signal: silence }
  await using session = await connect(login, host)
  await session.run(`SET SESSION lock_wait_timeout = ${LOCK_SECONDS}`)
  const contents = await contentsOf(session, target)
  const occupied = contents !== undefined && contents.tables + contents.others > 0
  if (occupied && !replace) throw notEmpty(host, target)
  if (occupied) await refuseForeignKeys()

  const fresh = await readObjects(session, beside)
  const old = contents === undefined ? NOTHING : await readOld()
  // Somebody may have come in between.
  if (!replace && old.tables.length + old.definitions.length > 0) throw notEmpty(host, target)
  refuseUnreadable(old)
  if (occupied) await refuseUnmakable()
  const [charset, collation] = await defaultsOf(session, beside)
  const before = contents && (await defaultsOf(session, target))
  const journal: Journal = {
    id,
    target,
    ...(before && { before: { charset: before[0], collation: before[1] } }),
    old,
    fresh: fresh.tables,
    done: false,
  }

  let made: Objects | undefined
  try {
    outer.signal.throwIfAborted()
    await writeJournal(session, journal)
    if (contents === undefined) await makeTarget()
    await putSign(session, target, id)
    await session.run(`ALTER DATABASE ${name(target)} CHARACTER SET ${charset} COLLATE ${collation}`)
    await dropObjects(session, target, old.definitions)
    await dropObjects(session, beside, fresh.definitions)
    await session.run(`CREATE TABLE ${qualified(beside, tokenName(id))} (i int) ENGINE=InnoDB`)
    await moveTables(session, [
      { tables: [tokenName(id)], from: beside, to: keptName(id) },
      { tables: old.tables, from: target, to: keptName(id) },
      { tables: fresh.tables, from: beside, to: target },
    ])
    await renameInDefaults()
    await createObjects(login, target, fresh.definitions, host)
    await compare()
    outer.signal.throwIfAborted()
    await finish(outer)
    await markDone(session, id)
  } catch (error) {
    await revert(error)
    throw error
  }
  // The restore is whole; what cannot be dropped now a later run will.
  await cleared().catch((error: unknown) => {
    if (!isServerError(error)) throw error
    const why = REFERRED_TO.includes(error.errno ?? 0) ? 'foreign keys of another database refer to it' : said(error)
    const message = `What ${shown(target)} held before is in ${keptName(id)}, and could not be dropped: ${why}`
    host.report({ kind: 'warning', message })
  })

  async function cleared(): Promise<void> {
    await takeSignAway(session, target, id)
    await dropKept(session, id)
  }

  /** A view that uses what is not there cannot be made again, and is no reason to keep the rest. */
  async function readOld(): Promise<Objects> {
    const { tables, definitions } = await readObjects(session, target)
    const broken = new Set((await unreadableViews(session, target)).map((view) => view.name))
    const marked = definitions.map((one) =>
      one.kind === 'view' && broken.has(one.name) ? { ...one, broken: true } : one,
    )
    return { tables, definitions: marked }
  }

  async function refuseUnmakable(): Promise<void> {
    const place = { name: target, pattern: asPattern(target), shown: shown(target), rights: [] }
    const hindrance = await whyNotMade(session, target, place, facts)
    if (hindrance === undefined) return
    throw host.error('RESTORE_FAILED', `What ${shown(target)} holds could not be put back: ${hindrance.why}`, {
      hints: [...hindrance.fixes, 'Nothing was changed.'],
    })
  }

  /** What is dropped must be what can be made again. */
  function refuseUnreadable({ definitions }: Objects): void {
    const [unread] = definitions.filter(({ sql }) => sql === '')
    if (unread === undefined) return
    const what = `the ${unread.kind} ${shown(unread.name)} of ${shown(target)}`
    throw host.error('RESTORE_FAILED', `This user may not read ${what}, so that it could not be put back`, {
      hints: ['Restore as a user who may: who made it, or an administrator. Nothing was changed.'],
    })
  }

  /** Where somebody was faster, it is theirs. */
  async function makeTarget(): Promise<void> {
    try {
      await session.run(`CREATE DATABASE ${name(target)}`)
    } catch (error) {
      throw isServerError(error) && error.errno === DATABASE_EXISTS ? notEmpty(host, target) : error
    }
    made = fresh
  }

  /** A default that draws from a sequence names its database, and still does so when both are moved. */
  async function renameInDefaults(): Promise<void> {
    const [from, to] = [`${name(beside)}.`, `${name(target)}.`]
    const rows = await session.rows(
      `SELECT TABLE_NAME t, COLUMN_NAME c, COLUMN_DEFAULT d FROM information_schema.COLUMNS WHERE ${isDatabase('TABLE_SCHEMA', target)} AND INSTR(COLUMN_DEFAULT, ${literal(from)}) > 0`,
    )
    // All of a table at once: one with a default that cannot be evaluated is not altered.
    for (const [table, columns] of Map.groupBy(rows, (row) => String(row['t']))) {
      const changes = columns.map(
        (row) => `ALTER COLUMN ${name(String(row['c']))} SET DEFAULT ${String(row['d']).replaceAll(from, to)}`,
      )
      await session.run(`ALTER TABLE ${qualified(target, table)} ${changes.join(', ')}`)
    }
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
      await undo(journal, login, host, made)
    } catch (cause) {
      throw host.error('RESTORE_FAILED', `The restore failed, and ${shown(target)} could not be made what it was`, {
        hints: [
          'Restore into it again, with --replace, when the server can be reached: that first makes it what it was.',
          ...(old.tables.length > 0
            ? [`Tables that are not there are in the database ${keptName(id)} until then.`]
            : []),
        ],
        cause: new AggregateError([reason, cause]),
      })
    }
  }

  async function refuseForeignKeys(): Promise<void> {
    const rows = await session.rows(
      `SELECT DISTINCT CONSTRAINT_SCHEMA s, TABLE_NAME t FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${isDatabase('UNIQUE_CONSTRAINT_SCHEMA', target)} AND NOT ${isDatabase('CONSTRAINT_SCHEMA', target)}`,
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
