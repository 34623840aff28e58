import type { Host } from 'dbvault'
import { isFull } from './errors.ts'
import { JobFailure } from './worker/job-failure.ts'
import { isDenied, isLocked } from './worker/result-code.ts'

export function notEmpty(host: Host, path: string): Error {
  return host.error('TARGET_NOT_EMPTY', `${path} is there already`, {
    hints: ['Restore to another path, or replace what is there with --replace.'],
  })
}

export function inUse(host: Host, path: string, by: string, cause?: unknown): Error {
  return host.error('RESTORE_FAILED', `${path} is in use by ${by}, and cannot be replaced under it`, {
    hints: ['Stop what uses it, and restore again.'],
    retryable: true,
    cause,
  })
}

/** What a failure means while a target is written. dbvault's own errors, and what the stored stream threw, stay. */
export function restoreError(host: Host, path: string, error: unknown): unknown {
  if (isFull(error)) {
    return host.error('STORAGE_FULL', `Beside ${path} there is no space left for the restored database`, {
      cause: error,
    })
  }
  if (isLocked(error)) {
    return inUse(host, path, 'another process', error)
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (isDenied(error) || ['EACCES', 'EPERM', 'EROFS'].includes(code ?? '')) {
    return host.error('STORAGE_DENIED', `${path} or its directory may not be written by this user`, { cause: error })
  }
  if (error instanceof JobFailure) {
    return host.error('RESTORE_FAILED', `${path} could not be restored: ${error.message}`, { cause: error })
  }
  return error
}
