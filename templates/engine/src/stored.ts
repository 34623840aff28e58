import type { Host, Stored } from 'dbvault'
import { HEAD } from './descriptor.ts'
import { Tally } from './fingerprint.ts'
import { lines } from './lines.ts'

/** The rows of a dump that was stored. @throws PROOF_FAILED unless its last line tells their number and digest */
export async function* storedRows([member]: readonly Stored[], host: Host): AsyncGenerator<string> {
  if (member === undefined) throw host.error('PROOF_FAILED', 'The backup has no member')
  const tally = new Tally()
  let head: string | undefined
  let last: string | undefined
  for await (const line of lines(await member.open(), host.signal)) {
    if (head === undefined) {
      head = line
      if (head !== HEAD) throw host.error('PROOF_FAILED', 'The dump does not begin as one')
      continue
    }
    if (last !== undefined) {
      tally.add(last)
      yield last
    }
    last = line
  }
  const { lines: count, sha256 } = tally.fingerprint()
  if (last !== `#end ${count} ${sha256}\n`) throw host.error('PROOF_FAILED', 'The dump has no matching end')
}
