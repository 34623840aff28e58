import type { Host } from 'dbvault'
import { shown } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { type Journal, journalIds, readJournal } from './journal.ts'
import { undo } from './undo.ts'

/** The swaps into this database that were killed before their end. */
export async function unfinished(session: Session, target: string): Promise<Journal[]> {
  const found: Journal[] = []
  for (const id of await journalIds(session)) {
    const journal = await readJournal(session, id)
    if (journal !== undefined && !journal.done && journal.target === target) found.push(journal)
  }
  return found
}

/** Makes the target what it was before a restore into it was killed. Only while nobody else restores into it. */
export async function recover(session: Session, target: string, host: Host): Promise<void> {
  for (const journal of await unfinished(session, target)) {
    // What was not there before has nothing to go back to: it is what it is, and the user's to replace.
    await undo(journal, session.login, host)
    const message = `A restore into ${shown(target)} was killed before its end; ${journal.before ? 'it was made what it was before that' : 'what it left was there until now'}`
    host.report({ kind: 'warning', message })
  }
}
