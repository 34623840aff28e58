import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { sever } from '../../../../test/support/sever.ts'

/** The kind of a packet with a statement. MySQL has two bytes before that: there are no attributes, in one set. */
const QUERY = 3

/** A way to a server that ends behind one statement: it still arrives there and is run, and no answer comes back. */
export interface Gate extends AsyncDisposable {
  readonly port: number
  /** Resolves when the server has answered that statement. */
  readonly shut: Promise<void>
}

/**
 * @param ends called with every statement that is sent, which is not encrypted; true for the last one that gets through
 * @param how whether all connections then break, and new ones are refused, or stay open in silence
 */
export async function startGate(port: number, ends: (sql: string) => boolean, how: 'cut' | 'freeze'): Promise<Gate> {
  const { promise: shut, resolve } = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  let closed = false

  const close = (): void => {
    closed = true
    for (const socket of sockets) {
      if (how === 'cut') sever(socket)
      else socket.pause()
    }
    resolve()
  }
  const listener = createServer((client) => {
    if (closed && how === 'cut') return sever(client)
    const upstream = connect(port, '127.0.0.1')
    let last = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      if (closed) return
      last = chunk[4] === QUERY && ends(chunk.toString('utf8', chunk[5] === 0 ? 7 : 5))
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (closed) return
      if (last) close()
      else client.write(chunk)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    shut,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      const gone = once(listener, 'close')
      listener.close()
      await gone
    },
  }
}
