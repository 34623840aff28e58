import type { Host, Proof, ProveRequest } from 'dbvault'
import { archiveProblem } from './archive/archive-problem.ts'
import type { Collection } from './archive/collection.ts'
import { ArchiveReader } from './archive/read-archive.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asMongoFingerprint, counts } from './fingerprint/fingerprint.ts'
import { archiveOf, bytesOf } from './members.ts'
import { openScratch } from './scratch/open-scratch.ts'
import { isOfMachine } from './server/machine-problem.ts'
import { RefusedError } from './server/refused-error.ts'
import { fill } from './target/fill.ts'
import { loadByTool } from './tools/load-by-tool.ts'

export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  host.signal.throwIfAborted()
  const archive = archiveOf(stored, host, 'PROOF_FAILED')
  const wanted = expected && asMongoFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error(
      'PROOF_UNFINISHED',
      `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`,
      {
        hints: ['Update @dbvault/engine-mongo, or see whether this is a backup of MongoDB.'],
      },
    )
  }
  try {
    await using reader = await ArchiveReader.open(bytesOf(archive, host))
    await using place = await openScratch(scratch, reader.prelude.serverVersion, host)
    const { server, database } = place
    const filling = { server, database, nameOf: ({ name }: Collection) => name }
    const byTool = { server, database, prefix: '', binDir: scratch.flags['bin-dir'] }
    const { found, loaded } = await (scratch.flags.tool === true
      ? fill(reader, filling, host, () => loadByTool(archive, reader.prelude, byTool, host))
      : fill(reader, filling, host))
    const different = differences(wanted ?? loaded, found)
    if (different.length > 0) return { outcome: 'different', compared: counts(found), differences: different }
    return { outcome: wanted ? 'equal' : 'restorable', compared: counts(found) }
  } catch (error) {
    host.signal.throwIfAborted()
    throw proofError(host, error)
  }
}

function proofError(host: Host, error: unknown): unknown {
  if (isOfMachine(error)) {
    const { message, hints = [] } = error as Error & { hints?: readonly string[] }
    return host.error('PROOF_UNFINISHED', `The restore into scratch broke off: ${message}`, { hints, cause: error })
  }
  if (error instanceof RefusedError) {
    return host.error('PROOF_FAILED', `What is stored cannot be restored: ${error.message}`, {
      hints: error.isDuplicate
        ? ['Documents were written while the dump was made, which was of no one point in time. Back up again.']
        : [],
      cause: error,
    })
  }
  return archiveProblem(host, 'PROOF_FAILED', error)
}
