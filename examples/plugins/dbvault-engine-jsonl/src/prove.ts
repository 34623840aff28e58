import type { Check, Host, Proof, ProveRequest, Stored } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { compare, fingerprintOf } from './fingerprint.ts'
import { storedFiles } from './stored.ts'
import { Tally } from './tally.ts'
import { unpack } from './unpack.ts'

/** Reads a stored dump to its end and checks what its format can tell by itself. */
export async function check(stored: readonly Stored[], host: Host): Promise<Check> {
  let files = 0
  let lines = 0
  for await (const { bytes } of storedFiles(stored, host)) {
    const tally = new Tally()
    for await (const chunk of bytes) tally.add(chunk)
    files += 1
    lines += tally.result().lines
  }
  return { checked: { files, lines } }
}

/** Restores into scratch, reads from the disk what is there then, and compares it with the fingerprint of the source. */
export async function prove({ stored, expected }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  await using scratch = await host.tempDir()
  try {
    await unpack(stored, scratch.path, host)
  } catch (error) {
    host.signal.throwIfAborted()
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    // A full disk says nothing about the backup.
    throw host.error('PROOF_UNFINISHED', `The directory for temporary files cannot be written (${code})`, {
      hints: ['Make room there, or name another one with --temp-dir.'],
      cause: error,
    })
  }
  return compare(await fingerprintOf(scratch.path, host), expected, host)
}
