import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import https from 'node:https'
import type { ClientOptions } from 'minio'

type Transport = NonNullable<ClientOptions['transport']>

/** What goes with one request of the client, which itself knows of no signal and throws answers away. */
export interface Exchange {
  readonly signal: AbortSignal
  answer?: http.IncomingMessage
}

const CONNECT_MS = 10_000
/** A server that neither takes nor sends a byte for so long counts as gone. It may think this long about the last request. */
const SILENCE_MS = 120_000

const exchanges = new AsyncLocalStorage<Exchange>()

/** Has every request that the call makes heed the signal, and its answer kept. */
export function exchanging<T>(exchange: Exchange, call: () => Promise<T>): Promise<T> {
  return exchanges.run(exchange, call)
}

/** Makes the requests of the client. */
export function transportOf(secure: boolean): Transport {
  const request = (
    options: https.RequestOptions,
    onAnswer: (answer: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const exchange = exchanges.getStore()
    const made = (secure ? https : http).request(
      { ...options, ...(exchange && { signal: exchange.signal }) },
      (answer) => {
        if (exchange) exchange.answer = answer
        onAnswer(answer)
      },
    )
    const silence = (): void => void made.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    const connecting = setTimeout(silence, CONNECT_MS)
    made.on('socket', (socket) => {
      if (!socket.connecting) clearTimeout(connecting)
      else socket.once('connect', () => clearTimeout(connecting))
    })
    made.on('close', () => clearTimeout(connecting))
    made.setTimeout(SILENCE_MS, silence)
    return made
  }
  // The client calls nothing else of it.
  return { request } as unknown as Transport
}
