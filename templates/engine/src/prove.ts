import type { Check, Host, Proof, ProveRequest, Stored } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { compare, fingerprintOf } from './fingerprint.ts'
import { storedRows } from './stored.ts'

/** Reads a stored dump to its end and checks what its format can tell by itself. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const { lines } = await fingerprintOf(storedRows(stored, host))
  return { checked: { lines } }
}

/**
 * Restores into scratch and compares with the fingerprint of the source. Here the rows themselves are the scratch; an
 * engine of a server restores into one that is thrown away: `host.tempDir`, `host.runTool`, `host.feedTool`.
 */
export async function prove({ stored, expected }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  return compare(await fingerprintOf(storedRows(stored, host)), expected, host)
}
