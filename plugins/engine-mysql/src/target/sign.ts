import { qualified } from '../server/quote.ts'
import type { Session } from '../server/session.ts'
import { tablesIn } from '../server/tables-in.ts'

/**
 * The name of a table that stands in the target of a swap for as long as that is not whole. The journal stands in another
 * database, of which whoever has rights on this one only sees nothing.
 */
export const SIGN = /^dbvault_unfinished_[0-9a-f]{12}$/

export async function putSign(session: Session, target: string, id: string): Promise<void> {
  await session.run(`CREATE TABLE ${qualified(target, signName(id))} (i int) ENGINE=InnoDB`)
}

export async function takeSignAway(session: Session, target: string, id: string): Promise<void> {
  if ((await tablesIn(session, target)).includes(signName(id))) {
    await session.run(`DROP TABLE ${qualified(target, signName(id))}`)
  }
}

export async function hasSign(session: Session, target: string): Promise<boolean> {
  return (await tablesIn(session, target)).some((table) => SIGN.test(table))
}

function signName(id: string): string {
  return `dbvault_unfinished_${id}`
}
