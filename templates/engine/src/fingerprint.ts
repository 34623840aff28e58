import { createHash } from 'node:crypto'
import type { Fingerprint, Host, Proof } from 'dbvault'

/** What makes two of these databases the same. A change of the scheme gets another number. */
export interface LinesFingerprint extends Fingerprint {
  readonly scheme: 'template-1'
  readonly lines: number
  readonly sha256: string
}

/** Counts and digests rows one after the other, whatever they are read from: the source, a dump, or scratch. */
export class Tally {
  readonly #digest = createHash('sha256')
  #lines = 0

  add(line: string): void {
    this.#lines += 1
    this.#digest.update(line)
  }

  fingerprint(): LinesFingerprint {
    return { scheme: 'template-1', lines: this.#lines, sha256: this.#digest.copy().digest('hex') }
  }
}

export async function fingerprintOf(rows: AsyncIterable<string>): Promise<LinesFingerprint> {
  const tally = new Tally()
  for await (const line of rows) tally.add(line)
  return tally.fingerprint()
}

/** A difference is a result, not an error. @throws PROOF_UNFINISHED for a fingerprint that another version has made: that says nothing about the backup */
export function compare(found: LinesFingerprint, expected: Fingerprint | undefined, host: Host): Proof {
  const compared = { lines: found.lines }
  if (expected === undefined) return { outcome: 'restorable', compared }
  if (expected.scheme !== found.scheme) {
    throw host.error('PROOF_UNFINISHED', `A fingerprint of the kind ${expected.scheme} cannot be compared`)
  }
  const { lines, sha256 } = expected as LinesFingerprint
  if (sha256 === found.sha256) return { outcome: 'equal', compared }
  return { outcome: 'different', compared, differences: [`${found.lines} lines where ${lines} were dumped`] }
}
