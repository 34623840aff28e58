import { once } from 'node:events'
import {
  Agent,
  createServer,
  request as forwardRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { sever } from './sever.ts'

/** A request as it has come in. */
export interface SeenRequest {
  readonly method: string
  /** With its query, undecoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** From 1 on, over all requests. */
  readonly number: number
  /** Of the answer, once there is one. */
  status: number | undefined
}

/** What happens to a request in place of being passed on. */
export type Fault =
  /** The server never hears of it; this is the answer. The body of the request is read first, unless `early`. */
  | {
      readonly answer: number
      readonly headers?: OutgoingHttpHeaders
      readonly body?: string
      readonly early?: boolean
    }
  /** The connection breaks after so many bytes of the request's body; the server gets no more. */
  | { readonly cutRequestAfter: number }
  /** The server does it, and the connection breaks after so many bytes of its answer's body. */
  | { readonly cutAnswerAfter: number }
  /** The server does it, and the connection breaks in place of an answer. */
  | { readonly loseAnswer: true }
  /** The server does it, and answers this. */
  | {
      readonly replaceAnswer: { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body: string }
    }
  /** The server does it, and the body of its answer is changed on the way. */
  | { readonly changeAnswer: (body: string) => string }
  /** The server does it, and these headers are taken out of its answer. Names in lower case. */
  | { readonly withoutHeaders: readonly string[] }
  /** The server does it, and its answer has these headers in place of its own. Names in lower case. */
  | { readonly changeHeaders: Readonly<Record<string, string>> }
  /** The server does it, and its answer comes a piece a time. */
  | { readonly slowly: { readonly bytes: number; readonly everyMs: number } }
  /** Nothing happens at all, with the connection open. */
  | { readonly silence: true }
  /** Passed on once this resolves; the client may have gone meanwhile. */
  | { readonly hold: Promise<void> }

/** An HTTP server between a client and the real one that can be made to fail. Listens on 127.0.0.1. */
export interface HttpProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** All requests so far, in the order in which they came. */
  readonly requests: readonly SeenRequest[]
  /** Connections that clients hold open now. */
  readonly connections: number
  /** Plants a fault: it hits the next requests that match, as often as said (once), and then is gone. Later ones go first. */
  plant(matches: (request: SeenRequest) => boolean, fault: Fault, times?: number): void
  /** Resolves when the next request that matches has come in, before anything happens to it. */
  next(matches: (request: SeenRequest) => boolean): Promise<SeenRequest>
  /** Forgets faults that have not hit. */
  heal(): void
}

interface Planted {
  readonly matches: (request: SeenRequest) => boolean
  readonly fault: Fault
  left: number
}

/** @param server such as `http://127.0.0.1:9000`. The `Host` header is passed on as it came: it is part of signatures. */
export async function startHttpProxy(server: string): Promise<HttpProxy> {
  const { hostname, port } = new URL(server)
  const agent = new Agent({ keepAlive: true })
  const requests: SeenRequest[] = []
  const waiting = new Set<{ matches: (request: SeenRequest) => boolean; found: (request: SeenRequest) => void }>()
  let planted: Planted[] = []
  let connections = 0

  const listener = createServer((incoming, outgoing) => {
    incoming.on('error', () => {})
    outgoing.on('error', () => {})
    const seen = look(incoming)
    for (const each of waiting) {
      if (!each.matches(seen)) continue
      waiting.delete(each)
      each.found(seen)
    }
    const hit = planted.findLast((each) => each.left > 0 && each.matches(seen))
    if (hit) hit.left -= 1
    handle(incoming, outgoing, seen, hit?.fault).catch(() => outgoing.destroy())
  })
  listener.on('connection', (socket) => {
    connections++
    socket.on('close', () => connections--)
  })
  listener.requestTimeout = 0
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const ownPort = (listener.address() as AddressInfo).port

  function look(incoming: IncomingMessage): SeenRequest {
    const path = incoming.url ?? ''
    const { searchParams: query } = new URL(path, 'http://proxy')
    const seen: SeenRequest = {
      method: incoming.method ?? '',
      path,
      query,
      headers: incoming.headers,
      number: requests.length + 1,
      status: undefined,
    }
    requests.push(seen)
    return seen
  }

  async function handle(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    seen: SeenRequest,
    fault: Fault | undefined,
  ): Promise<void> {
    if (fault && 'answer' in fault) {
      if (fault.early !== true) await drain(incoming)
      seen.status = fault.answer
      return void outgoing.writeHead(fault.answer, fault.headers).end(fault.body ?? '')
    }
    if (fault && 'silence' in fault) return
    if (fault && 'hold' in fault) await fault.hold
    const answer = await forward(incoming, fault && 'cutRequestAfter' in fault ? fault.cutRequestAfter : undefined)
    seen.status = answer.statusCode
    await pass(answer, outgoing, fault, seen)
  }

  async function forward(incoming: IncomingMessage, cutAfter?: number): Promise<IncomingMessage> {
    const upstream = forwardRequest({
      agent,
      host: hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: rawHeaders(incoming),
      setHost: false,
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.on('response', resolve).on('error', reject)
    })
    answered.catch(() => {})
    let passed = 0
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      if (cutAfter !== undefined && passed + chunk.length >= cutAfter) {
        upstream.destroy()
        sever(incoming.socket)
        break
      }
      passed += chunk.length
      if (!upstream.write(chunk)) await roomIn(upstream)
    }
    upstream.end()
    return answered
  }

  async function pass(
    answer: IncomingMessage,
    outgoing: ServerResponse,
    fault: Fault | undefined,
    seen: SeenRequest,
  ): Promise<void> {
    if (fault && 'loseAnswer' in fault) {
      await drain(answer)
      return sever(outgoing.socket)
    }
    if (fault && 'replaceAnswer' in fault) {
      await drain(answer)
      const { status, headers, body } = fault.replaceAnswer
      seen.status = status
      return void outgoing.writeHead(status, headers).end(body)
    }
    if (fault && 'changeAnswer' in fault) {
      const chunks: Buffer[] = []
      for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
      const body = fault.changeAnswer(Buffer.concat(chunks).toString())
      const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers
      return void outgoing.writeHead(answer.statusCode ?? 0, headers).end(body)
    }
    const changed = fault && 'changeHeaders' in fault ? fault.changeHeaders : {}
    const without = fault && 'withoutHeaders' in fault ? fault.withoutHeaders : Object.keys(changed)
    const headers = [...rawHeaders(answer, without), ...Object.entries(changed).flat()]
    outgoing.writeHead(answer.statusCode ?? 0, headers)
    let left = fault && 'cutAnswerAfter' in fault ? fault.cutAnswerAfter : Number.POSITIVE_INFINITY
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (const piece of fault && 'slowly' in fault ? pieces(chunk, fault.slowly.bytes) : [chunk]) {
        if (fault && 'slowly' in fault) await delay(fault.slowly.everyMs)
        if (piece.length >= left) {
          await new Promise((sent) => outgoing.write(piece.subarray(0, left), sent))
          answer.destroy()
          return sever(outgoing.socket)
        }
        left -= piece.length
        if (outgoing.destroyed) return void answer.destroy()
        if (!outgoing.write(piece)) await roomIn(outgoing)
      }
    }
    if (left === Number.POSITIVE_INFINITY) outgoing.end()
    else sever(outgoing.socket)
  }

  return {
    port: ownPort,
    url: `http://127.0.0.1:${ownPort}`,
    requests,
    get connections() {
      return connections
    },
    plant: (matches, fault, times = 1) => void planted.push({ matches, fault, left: times }),
    next: (matches) => new Promise((found) => waiting.add({ matches, found })),
    heal: () => void (planted = []),
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close')
      listener.close()
      listener.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

/** Until it takes more, or is closed. */
async function roomIn(stream: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
}

async function drain(message: IncomingMessage): Promise<void> {
  for await (const _ of message) continue
}

function* pieces(chunk: Buffer, bytes: number): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += bytes) yield chunk.subarray(at, at + bytes)
}

/** As they came, in their own spelling and order. */
function rawHeaders({ rawHeaders: raw }: IncomingMessage, without: readonly string[] = []): string[] {
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (/^(connection|keep-alive)$/i.test(name) || without.includes(name.toLowerCase())) continue
    kept.push(name, raw[at + 1] ?? '')
  }
  return kept
}
