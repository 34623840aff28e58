import type { Host, Proof, ProveRequest } from 'dbvault'
import { archiveProblem } from './archive/archive-problem.ts'
import { openArchive } from './archive/open-archive.ts'
import { leftOut } from './archive/restore-list.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asPostgresFingerprint, counts } from './fingerprint/fingerprint.ts'
import { readFingerprint } from './fingerprint/read-fingerprint.ts'
import { readSequences } from './fingerprint/read-sequences.ts'
import { membersOf } from './members.ts'
import { roleNames } from './role-names.ts'
import { openScratch } from './scratch/open-scratch.ts'
import type { Place } from './server/server.ts'
import { Session } from './server/session.ts'
import { runRestore } from './tools/run-restore.ts'
import { isOfMachine, toolProblem } from './tools/tool-problem.ts'
import type { PostgresFingerprint } from './fingerprint/fingerprint.ts'

export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  host.signal.throwIfAborted()
  const { archive, others } = membersOf(stored, host, 'PROOF_FAILED')
  const wanted = expected && asPostgresFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error('PROOF_FAILED', `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`, {
      hints: ['Update @dbvault/engine-postgres, or see whether this is a backup of PostgreSQL.'],
    })
  }
  try {
    await using opened = await openArchive(archive, host)
    const roles = await roleNames(others, host)
    await using place = await openScratch({ contents: opened.contents, roles }, scratch, host)
    const leaveOut = leftOut(opened.contents, { relations: true, eventTriggers: !place.superuser })
    await runRestore(opened, place.place, place.tools, { leaveOut, owners: false, privileges: false }, host)
    const found = await fingerprintOf(place.place, host)
    if (wanted === undefined) return { outcome: 'restorable', compared: {} }
    const different = differences(wanted, found)
    return different.length === 0
      ? { outcome: 'equal', compared: counts(found) }
      : { outcome: 'different', compared: counts(found), differences: different }
  } catch (error) {
    host.signal.throwIfAborted()
    throw proofError(host, error)
  }
}

/** Of a database that nobody else uses. */
export async function fingerprintOf({ server, database }: Place, host: Host): Promise<PostgresFingerprint> {
  await using session = await Session.open(server, database, host)
  await session.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const sequences = await readSequences(session)
  return await readFingerprint(session, sequences, async () => sequences)
}

function proofError(host: Host, error: unknown): unknown {
  if (isOfMachine(error)) {
    const { message, hints } = toolProblem(
      host,
      'The restore into scratch broke off',
      'PROOF_UNFINISHED',
      error,
    ) as Error & { hints?: string[] }
    return host.error('PROOF_UNFINISHED', message, { hints: hints ?? [], cause: error })
  }
  return archiveProblem(host, 'PROOF_FAILED', restoreProblem(host, error))
}

function restoreProblem(host: Host, error: unknown): unknown {
  const isTool = error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED'
  if (!isTool) return error
  const { message } = toolProblem(host, 'What is stored cannot be restored', 'PROOF_FAILED', error) as Error
  return host.error('PROOF_FAILED', message, { cause: error })
}
