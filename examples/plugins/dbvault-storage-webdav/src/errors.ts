import type { Host } from 'dbvault'

/** The error to throw for an answer: its status decides the code, and so what the user is told and what is tried again. */
export function failureOf({ status, headers }: Response, doing: string, host: Host): Error {
  const seconds = Number(headers.get('retry-after'))
  const retry = { retryable: true, ...(seconds > 0 && { retryAfterMs: seconds * 1000 }) }
  switch (status) {
    case 401:
    case 403:
      return host.error('STORAGE_DENIED', `Cannot ${doing}: the server refuses it (${status})`, {
        hints: ['Check --webdav-user and DBVAULT_WEBDAV_PASSWORD, and what that user may do.'],
      })
    case 413:
    case 507:
      return host.error('STORAGE_FULL', `Cannot ${doing}: the server has no room for it (${status})`)
    // Somebody else is at work there: 423 is a lock of WebDAV, which is soon gone.
    case 408:
    case 423:
    case 429:
      return host.error('STORAGE_FAILED', `Cannot ${doing}: the server is busy (${status})`, retry)
    default:
      return host.error(
        'STORAGE_FAILED',
        `Cannot ${doing}: the server answers with ${status}`,
        status >= 500 ? retry : {},
      )
  }
}

/** There was no answer, or not all of it. */
export function unreachable(error: unknown, doing: string, host: Host): Error {
  const { cause } = Object(error) as { readonly cause?: { readonly code?: unknown } }
  const why = typeof cause?.code === 'string' ? ` (${cause.code})` : ''
  return host.error('STORAGE_UNREACHABLE', `Cannot ${doing}: the server does not answer${why}`, {
    cause: error,
    retryable: true,
    hints: ['Check --webdav-url and the network.'],
  })
}
