import type { Host, Proof, ProveRequest } from 'dbvault'
import { archiveProblem } from './archive/archive-problem.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asPostgresFingerprint, counts } from './fingerprint/fingerprint.ts'
import { membersOf } from './members.ts'
import { openBackup } from './open-backup.ts'
import { roleNames } from './role-names.ts'
import { openScratch } from './scratch/open-scratch.ts'
import { isSqlState } from './server/server-error.ts'
import { isOfMachine, toolProblem } from './tools/tool-problem.ts'

export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  host.signal.throwIfAborted()
  const members = membersOf(stored, host, 'PROOF_FAILED')
  const wanted = expected && asPostgresFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error(
      'PROOF_UNFINISHED',
      `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`,
      {
        hints: ['Update @dbvault/engine-postgres, or see whether this is a backup of PostgreSQL.'],
      },
    )
  }
  try {
    await using opened = await openBackup(members, host)
    const roles = await roleNames(members.others, host)
    const { contents, isSql } = opened
    await using place = await openScratch({ contents, isSql, roles }, scratch, host)
    const found = await place.fill(opened)
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
  const what = 'What is stored cannot be restored'
  if (isSqlState(error)) return host.error('PROOF_FAILED', `${what}: ${error.message}`, { cause: error })
  const isTool = error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED'
  if (!isTool) return error
  const { message } = toolProblem(host, what, 'PROOF_FAILED', error) as Error
  return host.error('PROOF_FAILED', message, { cause: error })
}
