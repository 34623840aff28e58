import type { Fingerprint, Host, Proof } from 'dbvault'
import { contentsOf, openFile } from './store.ts'
import { Tally, type Tallied } from './tally.ts'

/** Name, size, lines and digest of each file, in the order of the dump. A change of the scheme gets another number. */
export interface StoreFingerprint extends Fingerprint {
  readonly scheme: 'jsonl-1'
  readonly files: readonly (readonly [name: string, bytes: number, lines: number, sha256: string])[]
}

const MOST_DIFFERENCES = 20

export function fingerprint(files: readonly (readonly [string, Tallied])[]): StoreFingerprint {
  return {
    scheme: 'jsonl-1',
    files: files.map(([name, { bytes, lines, sha256 }]) => [name, bytes, lines, sha256] as const),
  }
}

/** Reads a whole store, such as one that was restored into scratch. */
export async function fingerprintOf(folder: string, host: Host): Promise<StoreFingerprint> {
  const tallied: [string, Tallied][] = []
  for (const name of (await contentsOf(folder, host)).files) {
    await using file = await openFile(folder, name, host)
    const tally = new Tally()
    for await (const chunk of file.createReadStream({ autoClose: false, signal: host.signal })) {
      tally.add(chunk as Buffer)
    }
    tallied.push([name, tally.result()])
  }
  return fingerprint(tallied)
}

export function counts({ files }: StoreFingerprint): { files: number; lines: number } {
  return { files: files.length, lines: files.reduce((sum, [, , lines]) => sum + lines, 0) }
}

/**
 * A difference is a result, not an error.
 * @throws PROOF_UNFINISHED for a fingerprint that another version has made: that says nothing about the backup
 */
export function compare(found: StoreFingerprint, expected: Fingerprint | undefined, host: Host): Proof {
  const compared = counts(found)
  if (expected === undefined) return { outcome: 'restorable', compared }
  if (expected.scheme !== found.scheme) {
    throw host.error('PROOF_UNFINISHED', `A fingerprint of the kind ${expected.scheme} cannot be compared`, {
      hints: ['Update dbvault-engine-jsonl, or see whether this is a backup of such a store.'],
    })
  }
  const differences = differ(expected as StoreFingerprint, found)
  return differences.length === 0
    ? { outcome: 'equal', compared }
    : { outcome: 'different', compared, differences: differences.slice(0, MOST_DIFFERENCES) }
}

function differ(expected: StoreFingerprint, found: StoreFingerprint): string[] {
  const there = new Map(found.files.map(([name, ...rest]) => [name, rest]))
  const differences: string[] = []
  for (const [name, bytes, lines, sha256] of expected.files) {
    const is = there.get(name)
    there.delete(name)
    if (is === undefined) differences.push(`${JSON.stringify(name)} is missing`)
    else if (is[1] !== lines) differences.push(`${JSON.stringify(name)} has ${is[1]} lines where ${lines} were dumped`)
    else if (is[0] !== bytes || is[2] !== sha256) differences.push(`${JSON.stringify(name)} has other content`)
  }
  return [...differences, ...[...there.keys()].map((name) => `${JSON.stringify(name)} was not dumped`)]
}
