import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that breaks behind one request: it still arrives there and is carried out, and no answer comes back. */
export interface Gate extends AsyncDisposable {
  readonly port: number
}

/**
 * @param breaks called with every request, whose names and texts stand in it as they are; true for the one whose answer is
 * lost
 * @param accept whether new connections get through after that
 */
export async function startGate(port: number, breaks: (request: Buffer) => boolean, accept: boolean): Promise<Gate> {
  const sockets = new Set<Socket>()
  let refusing = false
  const listener = createServer((client) => {
    if (refusing) return void client.resetAndDestroy()
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
      last ||= breaks(chunk)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (!last) return void client.write(chunk)
      refusing = !accept
      for (const socket of sockets) socket.resetAndDestroy()
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      const gone = once(listener, 'close')
      listener.close()
      await gone
    },
  }
}
