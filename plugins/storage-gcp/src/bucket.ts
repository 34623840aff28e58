import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Client } from './client.ts'
import { LoginFailure, Refusal } from './failure.ts'
import type { Settings } from './settings.ts'

/** How long a request may take that has no body to send. */
const ANSWER_MS = 60_000
/** Slower than that a network is not taken for one. */
const SLOWEST_BYTES_PER_MS = 32

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** From the first slash on, encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Opened extends Omit<Answer, 'text'> {
  /** Has to be read to its end, or destroyed. */
  readonly body: Readable
}

/** Makes requests to one bucket. */
export class Bucket {
  readonly name: string
  readonly project: string | undefined
  readonly #client: Client

  constructor(client: Client, { bucket, project }: Pick<Settings, 'bucket' | 'project'>) {
    this.#client = client
    this.name = bucket
    this.project = project
  }

  address(key: string): string {
    return `gs://${[this.name, ...key.split('/')].map(encodeURIComponent).join('/')}`
  }

  /** Of the bucket itself. */
  get path(): string {
    return `/storage/v1/b/${this.name}`
  }

  pathOf(key: string): string {
    return `${this.path}/o/${encodeURIComponent(key)}`
  }

  get uploadPath(): string {
    return `/upload${this.path}/o`
  }

  /** Makes a request once; the answer's body is left to read. @throws Refusal and what `send` throws */
  async open(request: Request, signal: AbortSignal): Promise<Opened> {
    return this.#within(signal, request, async (both) => {
      const answer = await this.#ask(request, both)
      if (isSuccess(answer.status)) return answer
      throw new Refusal(answer.status, answer.headers, await text(answer.body))
    })
  }

  /**
   * Makes a request once.
   * @param also what counts as success beside 2xx
   * @throws Refusal; what the SDK throws; on abort, the signal's reason
   */
  async send(request: Request, signal: AbortSignal, also: readonly number[] = []): Promise<Answer> {
    return this.#within(signal, request, async (both) => {
      const { status, headers, body } = await this.#ask(request, both)
      const said = await text(body)
      if (isSuccess(status) || also.includes(status)) return { status, headers, text: said }
      throw new Refusal(status, headers, said)
    })
  }

  /** @throws SyntaxError for an answer that is not whole, and what `send` throws */
  async json(request: Request, signal: AbortSignal): Promise<Record<string, unknown>> {
    const parsed: unknown = JSON.parse((await this.send(request, signal)).text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
    throw new SyntaxError('the answer is no object')
  }

  /** The SDK would wait for ever for a server that falls silent, and hears no signal while it looks for credentials. */
  async #within<T>(signal: AbortSignal, { body }: Request, run: (both: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const limit = new AbortController()
    const milliseconds = ANSWER_MS + Math.ceil((body?.length ?? 0) / SLOWEST_BYTES_PER_MS)
    const timer = setTimeout(() => limit.abort(), milliseconds)
    try {
      return await run(AbortSignal.any([signal, limit.signal]))
    } catch (error) {
      signal.throwIfAborted()
      throw limit.signal.aborted ? Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }) : error
    } finally {
      clearTimeout(timer)
    }
  }

  async #ask({ method = 'GET', path, query = {}, headers = {}, body }: Request, signal: AbortSignal): Promise<Opened> {
    const { origin, auth } = this.#client
    const url = new URL(path, origin)
    for (const [name, value] of Object.entries({ ...query, userProject: this.project })) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    const client = await untilAborted(loggedIn(auth, url.href), signal)
    const raw = { compress: false, redirect: 'manual' } as const
    const answer = await client.request<Readable | string>({
      ...raw,
      url: url.href,
      method,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'dbvault', ...headers },
      ...(body !== undefined && { body }),
      responseType: 'stream',
      validateStatus: () => true,
      retry: false,
      signal,
    })
    const { status, data } = answer
    return { status, headers: answer.headers, body: typeof data === 'string' ? Readable.from([data]) : data }
  }
}

/** The login is kept by the client, for the request that comes. */
async function loggedIn(auth: Client['auth'], url: string): ReturnType<Client['auth']['getClient']> {
  try {
    const client = await auth.getClient()
    await client.getRequestHeaders(url)
    return client
  } catch (error) {
    throw new LoginFailure(error)
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
