import type { Check, Host, Stored } from 'dbvault'
import { readArchive } from './archive/read-archive.ts'

/** Reads the tar to its end, and compares each part with the digest that was taken when it was packed. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  const { parts } = await readArchive(stored, host, 'PROOF_FAILED')
  return { checked: { images: parts.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) } }
}
