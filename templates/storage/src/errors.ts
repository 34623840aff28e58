import type { Host } from 'dbvault'

/** What is not there is often no error. */
export function isAbsent(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The error to throw for one of the file system: the code decides what the user is told, the message says what and why. */
export function storageError(error: unknown, doing: string, host: Host): unknown {
  // Node says only that it was aborted; the signal knows why.
  if (host.signal.aborted) return host.signal.reason
  switch (codeOf(error)) {
    case undefined:
      return error
    case 'EEXIST':
      return host.error('OBJECT_EXISTS', `Cannot ${doing}: it is there already`, { cause: error })
    case 'ENOSPC':
    case 'EDQUOT':
      return host.error('STORAGE_FULL', `Cannot ${doing}: there is no space left`, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return host.error('STORAGE_DENIED', `Cannot ${doing}: it is not permitted`, { cause: error })
    default:
      return host.error('STORAGE_FAILED', `Cannot ${doing} (${codeOf(error)})`, { cause: error })
  }
}

function codeOf(error: unknown): string | undefined {
  const { code, syscall } = Object(error) as { readonly code?: unknown; readonly syscall?: unknown }
  return typeof code === 'string' && syscall !== undefined ? code : undefined
}
