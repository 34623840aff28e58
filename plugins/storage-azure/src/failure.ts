/** What can be told of an error of the SDK. */
export interface Failure {
  /** The service's code such as `BlobNotFound`, or the system's such as `ECONNREFUSED`; '' where there is none. */
  readonly code: string
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined
  /** Its first line, without signatures. */
  readonly message: string
  readonly retryAfter: string | undefined
}

interface Thrown {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly statusCode?: number
  readonly details?: { readonly errorCode?: string; readonly code?: string }
  readonly errors?: readonly Thrown[]
  readonly cause?: Thrown
  readonly response?: { readonly headers?: { get(name: string): string | undefined } }
}

/** Names that say nothing. */
const NAMELESS = new Set(['Error', 'RestError', 'REQUEST_SEND_ERROR', 'AggregateError', 'PARSE_ERROR'])

export function failureOf(error: unknown): Failure {
  const thrown = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Thrown
  // Node tries several addresses and then throws all of their errors as one.
  const inner = thrown.cause ?? thrown.errors?.[0]
  const { headers } = thrown.response ?? {}
  const code = [thrown.details?.errorCode, headers?.get('x-ms-error-code'), thrown.code, inner?.code, thrown.name].find(
    (name) => name !== undefined && name !== '' && !NAMELESS.has(name) && !/^\d+$/.test(name),
  )
  const message = (thrown.message || inner?.message || '').split('\n', 1)[0] ?? ''
  return {
    code: code ?? '',
    status: thrown.statusCode,
    message: message.replaceAll(/([?&]sig=)[^&\s"']*/g, '$1[secret]'),
    retryAfter: headers?.get('retry-after'),
  }
}
