import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import { sever } from './sever.ts'

/** A network between a client and a server that can be made to fail. Listens on 127.0.0.1. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** How many bytes the server has sent to all clients together. */
  readonly received: number
  /** How many connections were made so far. */
  readonly connections: number
  /** Breaks every connection as a cable would, now. New ones are refused from then on unless `accept` is given. */
  cut(options?: { readonly accept?: boolean }): void
  /** The same as soon as the server has sent this many more bytes. Resolves once it was done. */
  cutAfter(bytes: number, options?: { readonly accept?: boolean }): Promise<void>
  /** Keeps every connection open and lets nothing through, in either direction, until `thaw`. */
  freeze(): void
  thaw(): void
}

export async function startTcpProxy(server: NetConnectOpts): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let received = 0
  let connections = 0
  let frozen = false
  let refusing = false
  let limit: { readonly at: number; readonly accept: boolean; readonly done: () => void } | undefined

  const listener = createServer((client) => {
    if (refusing) return sever(client)
    connections++
    const upstream = connect(server)
    const pair = [client, upstream] as const
    pairs.add(pair)
    relay(client, upstream)
    relay(upstream, client, (chunk) => {
      received += chunk.length
      if (limit === undefined || received < limit.at) return true
      const { accept, done } = limit
      limit = undefined
      proxy.cut({ accept })
      done()
      return false
    })
    for (const socket of pair) {
      socket.on('close', () => {
        pairs.delete(pair)
        for (const other of pair) other.destroy()
      })
    }
    if (frozen) hold(pair)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const proxy: TcpProxy = {
    port: (listener.address() as AddressInfo).port,
    get received() {
      return received
    },
    get connections() {
      return connections
    },
    cut({ accept = false } = {}) {
      refusing = !accept
      for (const [client, upstream] of pairs) {
        sever(client)
        sever(upstream)
      }
    },
    async cutAfter(bytes, { accept = false } = {}) {
      await new Promise<void>((done) => {
        limit = { at: received + bytes, accept, done }
      })
    },
    freeze() {
      frozen = true
      for (const pair of pairs) hold(pair)
    },
    thaw() {
      frozen = false
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      proxy.cut()
      const closed = once(listener, 'close')
      listener.close()
      await closed
    },
  }
  return proxy
}

/** Passes on what arrives, no faster than it is taken, as long as `pass` agrees. */
function relay(from: Socket, to: Socket, pass: (chunk: Buffer) => boolean = () => true): void {
  from.on('data', (chunk: Buffer) => {
    if (pass(chunk) && !to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  })
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
}

function hold(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.pause()
}
