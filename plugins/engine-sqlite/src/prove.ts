import type { Host, Proof, ProveRequest } from 'dbvault'
import { join } from 'node:path'
import type { Flags } from './descriptor.ts'
import { isFull, proofError } from './errors.ts'
import { examine } from './examine.ts'
import { asSqliteFingerprint, counts, differences } from './fingerprint.ts'
import { onlyMember } from './read-stored.ts'
import { receive } from './receive.ts'
import { refuseCorruptSource } from './refuse-corrupt-source.ts'

/** A restored SQLite database is a file: scratch is always one in the temporary directory, whatever mode was asked. */
export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  const member = onlyMember(stored, host, 'PROOF_FAILED')
  const wanted = expected && asSqliteFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error(
      'PROOF_UNFINISHED',
      `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`,
      {
        hints: ['Update @dbvault/engine-sqlite, or see whether this is a backup of SQLite.'],
      },
    )
  }

  await using directory = await host.tempDir()
  const path = join(directory.path, 'scratch.db')
  try {
    await receive(member, path, host, 'PROOF_FAILED')
  } catch (error) {
    if (!isFull(error)) throw error
    throw host.error('PROOF_UNFINISHED', 'In the directory for temporary files there is no space left for a restore', {
      hints: ['Name a larger one with --temp-dir.'],
      cause: error,
    })
  }
  const { damage, fingerprint } = await examine(path, host).catch((error: unknown) => {
    throw proofError(host, error)
  })
  if (damage.length > 0 || fingerprint === undefined) {
    if (scratch.source) await refuseCorruptSource(scratch.source, host)
    throw host.error('PROOF_FAILED', `What is stored is not a sound database: ${damage[0]}`)
  }
  if (wanted === undefined) return { outcome: 'restorable', compared: {} }
  const different = differences(wanted, fingerprint)
  return different.length === 0
    ? { outcome: 'equal', compared: counts(fingerprint) }
    : { outcome: 'different', compared: counts(fingerprint), differences: different }
}
