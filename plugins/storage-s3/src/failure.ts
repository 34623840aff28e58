/** What can be told of an error of the SDK, whose many classes say the same things in different places. */
export interface Failure {
  /** S3's code such as `NoSuchKey`, or the system's such as `ECONNREFUSED`; '' where there is none. */
  readonly code: string
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  /** The region that a server says is the right one. */
  readonly region: string | undefined
}

interface Thrown {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly Code?: string
  readonly Region?: string
  readonly errors?: readonly Thrown[]
  readonly cause?: Thrown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>>; readonly statusCode?: number }
}

/** Names that the SDK makes up where the answer names nothing. */
const NAMELESS = new Set(['Unknown', 'UnknownError', 'Error', 'NotFound', 'AggregateError', 'S3ServiceException'])

export function failureOf(error: unknown): Failure {
  const thrown = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Thrown
  // Node tries several addresses and then throws all of their errors as one.
  const first = thrown.errors?.[0]
  const headers = thrown.$response?.headers ?? {}
  const code = [thrown.Code, thrown.code, first?.code, thrown.name].find(
    (name) => name !== undefined && name !== '' && !NAMELESS.has(name) && !/^\d+$/.test(name),
  )
  return {
    code: code ?? '',
    status: thrown.$metadata?.httpStatusCode ?? thrown.$response?.statusCode,
    message: thrown.message || first?.message || '',
    headers,
    region:
      headers['x-amz-bucket-region'] ?? thrown.Region ?? /expecting "?([a-z0-9-]+)"?/.exec(thrown.message ?? '')?.[1],
  }
}
