import type { Host } from 'dbvault'
import type { MysqlFingerprint, TableEntry } from '../fingerprint/fingerprint.ts'
import { digestTables, readSequences } from '../fingerprint/read-fingerprint.ts'
import { readTables } from '../fingerprint/read-objects.ts'
import { name } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Settles what a transaction alone cannot tell. Where it did not begin together with the dump's, a second one that
 * began after it is read too. Tables outside of transactions, and sequences, are read again when the dump is over.
 * What is not the same both times is known to nobody: it is named, and its rows are not compared.
 */
export async function finishFingerprint(
  first: MysqlFingerprint,
  { after }: Pick<Snapshot, 'after'>,
  control: Session,
  over: Promise<void>,
  host: Host,
): Promise<MysqlFingerprint> {
  const { database, history } = first
  const objects = (await readTables(control, database)).filter(({ kind }) => kind === 'table')
  const again = new Map<string, TableEntry>()
  const read = async (session: Session, transactional: boolean): Promise<void> => {
    const tables = objects.filter((table) => table.transactional === transactional)
    const { entries } = await digestTables(session, database, tables, history)
    for (const entry of entries) again.set(entry[0], entry)
  }

  if (after) await read(after, true)
  const outside = objects.some((table) => !table.transactional)
  if (outside || first.sequences.length > 0) await over
  host.signal.throwIfAborted()
  if (outside) await read(control, false)
  await control.run(`USE ${name(database)}`)
  const ends = new Map(
    (
      await readSequences(
        control,
        first.sequences.map(([sequence]) => sequence),
      )
    ).map((entry) => [entry[0], entry[1]]),
  )

  const tables = first.tables.map((entry): TableEntry => {
    const second = again.get(entry[0])
    return second === undefined || second[2] === entry[2] ? entry : [entry[0], entry[1], null]
  })
  const unsettled = tables.filter(([, , digest]) => digest === null).map(([table]) => JSON.stringify(table))
  if (unsettled.length > 0) {
    const [which, why] = after
      ? ['without the right to lock all tables for a moment', 'Grant RELOAD to this user to have them compared.']
      : ['in tables of a storage engine without transactions', 'They may not be of one moment with the rest.']
    const names = `${unsettled.slice(0, 10).join(', ')}${unsettled.length > 10 ? ` and ${unsettled.length - 10} more` : ''}`
    host.report({
      kind: 'warning',
      message: `Rows changed during the dump, ${which}: ${names} are backed up, but their rows not compared. ${why}`,
    })
  }
  const sequences = first.sequences.map(
    ([sequence, before]) => [sequence, before, ends.get(sequence) ?? before] as const,
  )
  return { ...first, tables, sequences }
}
