/** What can be told of a request that failed. */
export interface Failure {
  /** MinIO's code such as `NoSuchKey`, or the system's such as `ECONNREFUSED`; '' where there is none. */
  readonly code: string
  /** Of HTTP; undefined where no answer came. */
  readonly status: number | undefined
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  /** The region that the server says is the right one. */
  readonly region: string | undefined
}

/** The server has answered, and not with success. */
export class RequestFailed extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(`${failure.status} ${failure.code} ${failure.message}`)
    this.failure = failure
  }
}

interface Thrown {
  readonly code?: string
  readonly message?: string
  readonly errors?: readonly Thrown[]
}

export function failureOf(error: unknown): Failure {
  if (error instanceof RequestFailed) return error.failure
  const thrown = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Thrown
  // Node tries several addresses and then throws all of their errors as one.
  const first = thrown.errors?.[0]
  return {
    code: thrown.code ?? first?.code ?? '',
    status: undefined,
    message: thrown.message || first?.message || '',
    headers: {},
    region: undefined,
  }
}
