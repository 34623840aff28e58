import type { Check, Host, Stored } from 'dbvault'
import { counts } from './fingerprint/fingerprint.ts'
import { Tally } from './fingerprint/tally.ts'
import { membersOf } from './members.ts'
import { readMember } from './read-member.ts'

/** Walks every member to its last byte: each value in its own format, and the checksum of all. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const tally = new Tally()
  let bytes = 0
  let unchecked = 0
  for (const member of membersOf(stored, host, 'PROOF_FAILED')) {
    const end = await readMember(member, tally, { code: 'PROOF_FAILED' }, host)
    bytes += end.bytes
    if (!end.checksum) unchecked++
  }
  const { keys = 0, elements = 0 } = counts(tally.fingerprint(3, false))
  return { checked: { bytes, keys, elements, ...(unchecked > 0 && { 'files without a checksum': unchecked }) } }
}
