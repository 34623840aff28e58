/** An answer that is none of success. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Headers
  /** Google's word for it, such as `notFound`; '' where there is none. */
  readonly reason: string

  constructor(status: number, headers: Headers, body: string) {
    const { reason, message } = said(body)
    super(message)
    this.status = status
    this.headers = headers
    this.reason = reason
  }
}

/** What has kept a request from being made: there is no login. */
export class LoginFailure extends Error {
  /** @param error what the SDK threw */
  constructor(error: unknown) {
    super('no login', { cause: error })
  }
}

/** What can be told of a request that has failed. */
export interface Failure {
  /** Google's reason such as `notFound`, that of the login such as `invalid_grant`, or the system's such as `ECONNREFUSED`. */
  readonly code: string
  /** Of HTTP; undefined where no answer came from the storage. */
  readonly status: number | undefined
  /** Its first line, without what opens anything. */
  readonly message: string
  readonly retryAfter: string | undefined
  /** Whether it is the login that has failed, and not the storage. */
  readonly isOfLogin: boolean
}

interface Thrown {
  readonly name?: string
  readonly message?: string
  readonly code?: string | number
  readonly errors?: readonly Thrown[]
  readonly cause?: Thrown
  readonly response?: { readonly status?: number; readonly data?: unknown }
}

/** Names that say nothing. */
const NAMELESS = new Set(['Error', 'GaxiosError', 'FetchError', 'AggregateError', 'TypeError'])

export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) {
    const { reason, status, message, headers } = error
    const retryAfter = headers.get('retry-after') ?? undefined
    return { code: reason, status, message: clean(message), retryAfter, isOfLogin: false }
  }
  if (error instanceof LoginFailure) return { ...failureOf(error.cause), isOfLogin: true }
  const thrown = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Thrown
  const chain = [thrown, thrown.cause, thrown.cause?.cause, ...(thrown.errors ?? []), ...(thrown.cause?.errors ?? [])]
  const login = loginFailure(thrown.response?.data)
  const code = [login?.code, ...chain.map((each) => each?.code), ...chain.map((each) => each?.name)].find(
    (name) => typeof name === 'string' && name !== '' && !NAMELESS.has(name),
  )
  return {
    code: String(code ?? ''),
    status: thrown.response?.status,
    message: clean(login?.message || chain.map((each) => each?.message).find((each) => each) || ''),
    retryAfter: undefined,
    isOfLogin: false,
  }
}

/** The answer of the server that logs in, as OAuth 2.0 has it. */
function loginFailure(data: unknown): { readonly code: string; readonly message: string } | undefined {
  if (typeof data !== 'object' || data === null || !('error' in data) || typeof data.error !== 'string')
    return undefined
  const description = 'error_description' in data ? String(data.error_description) : ''
  return { code: data.error, message: description }
}

function said(body: string): { readonly reason: string; readonly message: string } {
  try {
    const { error } = JSON.parse(body) as {
      error?: { message?: unknown; errors?: readonly { reason?: unknown }[]; status?: unknown }
    }
    const reason = error?.errors?.[0]?.reason ?? error?.status
    const message = error?.message
    return { reason: asText(reason), message: asText(message) }
  } catch {
    // Uploads are refused in plain text at times, and servers in between have pages of their own.
    return { reason: '', message: body.startsWith('<') ? '' : body.slice(0, 200) }
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whoever knows the id of an upload may go on with it. */
function clean(message: string): string {
  return (message.split('\n', 1)[0] ?? '')
    .replaceAll(/(upload_id=)[^&\s"']*/g, '$1[secret]')
    .replaceAll(/\b(Bearer\s+|ya29\.)[\w.~+/=-]+/g, '$1[secret]')
}
