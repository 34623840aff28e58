import type { ErrorCode } from '../errors/error-code.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['STORAGE_FULL', 'no space is left there'],
  EDQUOT: ['STORAGE_FULL', 'the quota of this user is used up'],
  EFBIG: ['STORAGE_FULL', 'the file is larger than that file system, or a limit of this process, allows'],
  EACCES: ['STORAGE_DENIED', 'this user may not'],
  EPERM: ['STORAGE_DENIED', 'the system does not allow it'],
  EROFS: ['STORAGE_DENIED', 'the file system is read-only'],
  ENOENT: ['STORAGE_FAILED', 'it does not exist'],
  ENOTDIR: ['STORAGE_FAILED', 'a part of the path is not a directory'],
  EISDIR: ['STORAGE_FAILED', 'it is a directory'],
  ELOOP: ['STORAGE_FAILED', 'it is a symbolic link'],
  ENAMETOOLONG: ['STORAGE_FAILED', 'the name is too long'],
  EPIPE: ['STORAGE_FAILED', 'its reader has closed it'],
  EIO: ['STORAGE_FAILED', 'the disk reports an error'],
}

/** The system's code for what went wrong, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Runs a call on the file system, and says of a failure what could not be done, where, and why. */
export async function onDisk<T>(action: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw diskError(action, path, error)
  }
}

export function diskError(action: string, path: string, cause: unknown): unknown {
  const errno = errnoOf(cause)
  if (errno === undefined || DbvaultError.is(cause)) return cause
  const [code, why] = MEANINGS[errno] ?? ['STORAGE_FAILED', errno]
  const hints = code === 'STORAGE_FULL' ? ['Make room there, or choose another place.'] : []
  return new DbvaultError(code, `Cannot ${action} ${path}: ${why}`, { cause, hints })
}
