import type { Fingerprint, Host, Proof, ProveRequest } from 'dbvault'
import { isOfMachine } from './clp/clp-error.ts'
import { loginOf } from './clp/quote.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asDb2Fingerprint, counts, type Db2Fingerprint } from './fingerprint/fingerprint.ts'
import { checkImage } from './image/check-image.ts'
import { unpack } from './image/unpack.ts'
import { findInstance } from './instance/instance.ts'
import { tryImage } from './scratch/try-image.ts'

export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  host.signal.throwIfAborted()
  const wanted = expected && known(expected, host)
  if (scratch.mode === 'private' || scratch.mode === 'url') {
    throw host.error('PROOF_UNFINISHED', 'A Db2 backup can only be tried in an instance of this machine', {
      hints: ['Use --scratch source, and --db2-instance where it is not that of the user who runs this.'],
    })
  }
  const instance = await findInstance(scratch.flags, host)
  const login = scratch.source && loginOf(scratch.source, host)
  await using work = await host.tempDir(instance.owner)
  try {
    const unpacked = await unpack(stored, work.path, instance.owner, host, 'PROOF_FAILED')
    await checkImage(unpacked.files, instance, host, 'PROOF_FAILED')
    const trial = { directory: work.path, lockTimeout: scratch.flags['lock-timeout'] }
    const found = await tryImage(unpacked, { instance, ...(login && { login }) }, trial, host, 'PROOF_FAILED')
    return compare(wanted, found)
  } catch (error) {
    host.signal.throwIfAborted()
    throw proofError(host, error)
  }
}

/** @throws PROOF_FAILED */
function known(expected: Fingerprint, host: Host): Db2Fingerprint {
  const wanted = asDb2Fingerprint(expected)
  if (wanted !== undefined) return wanted
  throw host.error('PROOF_UNFINISHED', `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`, {
    hints: ['Update @dbvault/engine-db2, or see whether this is a backup of Db2.'],
  })
}

function compare(wanted: Db2Fingerprint | undefined, found: Db2Fingerprint): Proof {
  if (wanted === undefined) return { outcome: 'restorable', compared: {} }
  const different = differences(wanted, found)
  return different.length === 0
    ? { outcome: 'equal', compared: counts(wanted) }
    : { outcome: 'different', compared: counts(wanted), differences: different }
}

function proofError(host: Host, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const hints = 'hints' in error ? (error.hints as string[]) : []
  if (isOfMachine(error)) return host.error('PROOF_UNFINISHED', error.message, { hints, cause: error })
  const kept = ['PROOF_FAILED', 'PROOF_UNFINISHED', 'ARTIFACT_CORRUPT', 'ARTIFACT_FOREIGN', 'KEY_WRONG']
  if (kept.includes(String(error.code)) || !('hints' in error)) return error
  // What it means in a source or a target, it does not mean in a scratch database.
  const isOfBackup = ['DUMP_FAILED', 'SOURCE_NOT_FOUND', 'SOURCE_DENIED', 'SOURCE_UNREACHABLE', 'TARGET_NOT_EMPTY']
  return isOfBackup.includes(String(error.code))
    ? host.error('PROOF_UNFINISHED', error.message, { hints, cause: error })
    : error
}
