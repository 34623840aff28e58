import { Readable } from 'node:stream'
import type { Engine, Proof, Scratch } from '../contract/engine.ts'
import { proofKey } from '../catalog/layout.ts'
import { withMac } from '../catalog/manifest-mac.ts'
import type { ProofRecord } from '../catalog/proof-record.ts'
import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { ErrorCode } from '../errors/error-code.ts'
import { authenticate } from '../pipeline/artifact.ts'
import { TOOL } from '../tool.ts'
import type { OperationContext } from './context.ts'
import type { FoundBackup } from './find-backup.ts'
import { hostFor } from './host-for.ts'
import type { OpenedBackup } from './open-backup.ts'
import { asStored, proveStored } from './prove-stored.ts'
import { retrying } from './retry.ts'

export interface VerifyRequest {
  readonly engine: Engine
  readonly found: FoundBackup
  readonly backup: OpenedBackup
  readonly scratch: Scratch
}

export interface VerifyResult {
  readonly id: string
  readonly address: string
  /** `checked`: it restores and is sound, but there was no fingerprint to compare with. */
  readonly status: 'proven' | 'checked' | 'failed'
  readonly proof?: {
    readonly outcome: 'equal' | 'restorable'
    readonly compared: Proof['compared']
    readonly seconds: number
  }
  /** Address of the record of this proof, where one could be written. */
  readonly record?: string
  readonly unchecked: readonly string[]
  readonly error?: DbvaultError
}

/** What is written down beside a backup. A storage or a scratch that failed says nothing about the backup. */
const SPEAKS_OF_THE_BACKUP: readonly ErrorCode[] = [
  'ARTIFACT_CORRUPT',
  'ARTIFACT_FOREIGN',
  'OBJECT_NOT_FOUND',
  'PROOF_FAILED',
]

/**
 * Proves a stored backup again and writes down what was found beside it. Rejects only on an abort; a backup that fails
 * is a result, with its reason.
 */
export async function verify(request: VerifyRequest, context: OperationContext): Promise<VerifyResult> {
  const { backup, found } = request
  const subject = backup.name
  const base = { id: subject, address: found.storage.address(found.key), unchecked: backup.unchecked }
  const started = performance.now()
  const elapsed = (): number => Math.round(performance.now() - started) / 1000
  context.report({ kind: 'phase', subject, phase: 'proving' })
  try {
    const { equal, compared } = await retrying('the proof', subject, context, () => prove(request, context))
    const outcome = equal ? 'equal' : 'restorable'
    const proof = { outcome, compared, seconds: elapsed() } as const
    return { ...base, status: equal ? 'proven' : 'checked', proof, ...(await record(outcome, undefined)) }
  } catch (error) {
    context.signal.throwIfAborted()
    const known = asDbvaultError(error)
    const written = SPEAKS_OF_THE_BACKUP.includes(known.code) ? await record('failed', known) : {}
    return { ...base, status: 'failed', error: known, ...written }
  } finally {
    context.report({ kind: 'finished', subject })
  }

  async function record(
    outcome: ProofRecord['outcome'],
    error: DbvaultError | undefined,
  ): Promise<{ record?: string }> {
    if (!found.manifest) return {}
    const at = new Date()
    const key = proofKey(found.key, at)
    const fields = {
      format: 'dbvault-proof-1',
      id: subject,
      at: at.toISOString(),
      tool: TOOL,
      outcome,
      seconds: elapsed(),
    }
    const document = withMac({ ...fields, ...(error && { reason: error.code }) }, backup.macKey)
    try {
      await found.storage.put(
        key,
        Readable.from([Buffer.from(`${JSON.stringify(document, null, 2)}\n`)]),
        hostFor(context, subject),
      )
      return { record: found.storage.address(key) }
    } catch (failure) {
      const reason = asDbvaultError(failure).message
      context.report({ kind: 'warning', subject, message: `The record of this proof could not be written: ${reason}` })
      return {}
    }
  }
}

async function prove(
  { engine, backup, scratch }: VerifyRequest,
  context: OperationContext,
): ReturnType<typeof proveStored> {
  const subject = backup.name
  try {
    return await proveStored(
      engine,
      asStored(backup.members, context, subject),
      backup.fingerprint,
      scratch,
      hostFor(context, subject, { secrets: [scratch.url] }),
    )
  } catch (error) {
    // A wrong key or a damaged file first shows as nonsense somewhere in the middle; this finds which of them it is.
    if (DbvaultError.is(error) && (error.code === 'ARTIFACT_CORRUPT' || error.code === 'PROOF_FAILED')) {
      for (const member of backup.members) await authenticate(member, context.signal)
    }
    throw error
  }
}
