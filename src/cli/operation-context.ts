import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { stat } from 'node:fs/promises'
import type { Secret } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { keepMemorySmall } from './memory.ts'
import { sweepTempDirs } from '../host/sweep-temp-dirs.ts'
import type { OperationContext, OperationEvent } from '../operations/context.ts'
import { DEFAULT_RETRY } from '../host/retry.ts'

interface ContextFlags {
  readonly attempts?: number | undefined
  readonly 'retry-min'?: number | undefined
  readonly 'retry-max'?: number | undefined
  readonly 'temp-dir'?: string | undefined
}

/** What the flags that all commands share come to. What killed runs have left in the temp folder is swept on the way. */
export async function operationContext(
  flags: ContextFlags,
  signal: AbortSignal,
  report: (event: OperationEvent) => void,
  secrets: readonly Secret[],
): Promise<OperationContext> {
  const tempRoot = flags['temp-dir'] === undefined ? undefined : resolve(flags['temp-dir'])
  if (tempRoot !== undefined && !(await stat(tempRoot).catch(() => undefined))?.isDirectory()) {
    throw new DbvaultError('USAGE', `The directory ${tempRoot} of --temp-dir does not exist`)
  }
  await sweepTempDirs(tempRoot ?? tmpdir())
  return {
    signal,
    report: keepMemorySmall(report),
    retry: {
      attempts: flags.attempts ?? DEFAULT_RETRY.attempts,
      minWaitMs: flags['retry-min'] ?? DEFAULT_RETRY.minWaitMs,
      maxWaitMs: flags['retry-max'] ?? DEFAULT_RETRY.maxWaitMs,
    },
    ...(tempRoot !== undefined && { tempRoot }),
    secrets,
  }
}
