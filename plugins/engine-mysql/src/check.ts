import type { Check, Host, Stored } from 'dbvault'
import { originOf } from './scratch/origin.ts'
import { readMembers } from './sql/members.ts'
import { readStored } from './sql/read-stored.ts'

/** Reads every statement to its end. Finds what is cut off, is no dump, or reaches out of it; not a changed value. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const { main, events } = readMembers(stored, host, 'PROOF_FAILED')
  const { database } = await originOf(main, host)
  const totals = { statements: 0, bytes: 0 }
  for (const member of events ? [main, events] : [main]) {
    for await (const _ of readStored(member, host, 'PROOF_FAILED', { totals, database }));
  }
  return { checked: totals }
}
