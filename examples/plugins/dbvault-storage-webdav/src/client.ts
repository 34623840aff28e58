import type { Readable } from 'node:stream'
import type { Host } from 'dbvault'
import { failureOf, unreachable } from './errors.ts'

export interface Request {
  readonly method: 'DELETE' | 'GET' | 'MKCOL' | 'MOVE' | 'PROPFIND' | 'PUT'
  /** Below the folder; empty for the folder itself. */
  readonly key: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Readable
  /** Statuses that are answers and not errors, besides all of success. */
  readonly also?: readonly number[]
  readonly signal: AbortSignal
}

/** Makes single requests. Which are made again, and how often, is up to who calls. */
export class Client {
  readonly #base: URL
  readonly #folder: string
  readonly #login: Readonly<Record<string, string>>

  constructor(server: URL, folder: string, user = '', password = '') {
    this.#base = new URL(server)
    this.#base.pathname = this.#base.pathname.replace(/\/*$/, '/')
    this.#folder = folder
    const pair = Buffer.from(`${user}:${password}`).toString('base64')
    this.#login = user === '' ? {} : { authorization: `Basic ${pair}` }
  }

  /** Where an object is, and so what `Destination` has to name. */
  urlOf(key: string): URL {
    const path = [...this.#folder.split('/'), ...(key === '' ? [] : key.split('/'))].map(encodeURIComponent).join('/')
    return new URL(path, this.#base)
  }

  /**
   * The answer to one request; its body has to be read or cancelled.
   * @param doing for messages: `list webdav://backups`
   * @throws STORAGE_UNREACHABLE, STORAGE_DENIED, STORAGE_FULL, STORAGE_FAILED
   */
  async ask(doing: string, { key, also = [], headers, body, ...rest }: Request, host: Host): Promise<Response> {
    let response: Response
    try {
      response = await fetch(this.urlOf(key), {
        ...rest,
        headers: { ...this.#login, ...headers },
        // To follow would be to send the login, and the backup, to somebody else.
        redirect: 'manual',
        ...(body !== undefined && { body: body as NonNullable<RequestInit['body']>, duplex: 'half' }),
      })
    } catch (error) {
      rest.signal.throwIfAborted()
      throw unreachable(error, doing, host)
    }
    if (response.ok || also.includes(response.status)) return response
    await response.body?.cancel()
    throw failureOf(response, doing, host)
  }

  /** A request whose answer has no content that matters. Returns its status. */
  async tell(doing: string, request: Request, host: Host): Promise<number> {
    const response = await this.ask(doing, request, host)
    await response.body?.cancel()
    return response.status
  }

  /** A request whose answer is a text, to its end. */
  async text(doing: string, request: Request, host: Host): Promise<{ readonly status: number; readonly text: string }> {
    const response = await this.ask(doing, request, host)
    try {
      return { status: response.status, text: await response.text() }
    } catch (error) {
      request.signal.throwIfAborted()
      throw unreachable(error, doing, host)
    }
  }
}
