import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Client } from 'minio'
import { type Failure, RequestFailed } from './failure.ts'
import type { Settings } from './settings.ts'
import { type Exchange, exchanging, transportOf } from './transport.ts'
import { parseXml } from './xml.ts'

export interface Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Absent for requests to the bucket itself. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string | number | undefined>>
  readonly body?: Body
}

export interface Body {
  readonly content: Buffer | Readable
  readonly bytes: number
  /** In hex: of plain HTTP the client signs it. */
  readonly sha256: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Makes requests to one bucket, each once, by the client's own primitive. */
export class Bucket {
  readonly name: string
  readonly #client: Client
  readonly #agent: http.Agent
  readonly #region: string
  readonly #secure: boolean

  constructor({ host, port, secure, bucket, region, accessKey, secretKey }: Settings) {
    this.name = bucket
    this.#region = region
    this.#secure = secure
    this.#agent = new (secure ? https : http).Agent({ keepAlive: true })
    this.#client = new Client({
      endPoint: host,
      port,
      useSSL: secure,
      accessKey,
      secretKey,
      region,
      pathStyle: true,
      transport: transportOf(secure),
      transportAgent: this.#agent,
      retryOptions: { disableRetry: true },
    })
  }

  address(key: string): string {
    return `minio://${[this.name, ...key.split('/')].map(encodeURIComponent).join('/')}`
  }

  /** @throws RequestFailed for every answer but 2xx; what the network throws; on abort, the signal's reason */
  async send({ method, key, query = {}, headers = {}, body }: Request, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted()
    const exchange: Exchange = { signal }
    const options = {
      method,
      bucketName: this.name,
      ...(key !== undefined && { objectName: key }),
      query: queryOf(query),
      headers: {
        ...defined(headers),
        ...((body || method === 'PUT' || method === 'POST') && { 'content-length': String(body?.bytes ?? 0) }),
      },
    }
    const sha256 = this.#secure ? '' : (body?.sha256 ?? NOTHING)
    try {
      const answer = await exchanging(exchange, () =>
        this.#client.makeRequestStreamAsync(options, body?.content ?? '', sha256, [200, 204, 206], this.#region),
      )
      return { status: answer.statusCode ?? 0, headers: answer.headers as Record<string, string>, body: answer }
    } catch (error) {
      signal.throwIfAborted()
      throw await asFailed(error, exchange)
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** What the client throws for an answer says less than the answer; for some of them it does not read it at all. */
async function asFailed(error: unknown, { answer }: Exchange): Promise<unknown> {
  if (answer === undefined || answer.statusCode === undefined || answer.statusCode < 300) return error
  const thrown = error as { readonly code?: string; readonly message?: string; readonly region?: string }
  const failure: Failure = {
    code: thrown.code ?? '',
    status: answer.statusCode,
    message: thrown.message ?? '',
    headers: answer.headers as Record<string, string>,
    region: thrown.region,
  }
  if (answer.readableEnded) return new RequestFailed(failure)
  const said = parseXml(await text(answer).catch(() => ''))['Error']
  const { Code = '', Message = '', Region } = (typeof said === 'object' ? said : {}) as Record<string, string>
  return new RequestFailed({ ...failure, code: Code, message: Message, region: Region })
}

/** In the order that signatures want. */
function queryOf(query: NonNullable<Request['query']>): string {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === '' ? name : `${name}=${encoded(String(value))}`))
    .sort()
    .join('&')
}

function encoded(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function defined(headers: NonNullable<Request['headers']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}
