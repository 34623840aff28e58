import type { Check, Host, Stored } from 'dbvault'
import { onlyMember, readStored } from './read-stored.ts'

/** Without a file SQLite cannot be asked: this finds missing pages and foreign bytes, not a damaged page. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const member = onlyMember(stored, host, 'PROOF_FAILED')
  const { bytes, header } = await readStored(member, host, 'PROOF_FAILED', async () => {})
  return { checked: { bytes, pages: bytes / header.pageSize } }
}
