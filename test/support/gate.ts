import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { sever } from './sever.ts'

/** A way to a server that breaks behind one request: it still arrives there and is carried out, and no answer comes back. */
export interface Gate extends AsyncDisposable {
  readonly port: number
  /** Resolves when the server has answered the request behind which it broke, and so has carried it out. */
  readonly broken: Promise<void>
}

/**
 * @param breaks called with every request, whose names and texts stand in it as they are; true for the one whose answer is
 * lost
 * @param accept whether new connections get through after that
 */
export async function startGate(port: number, breaks: (request: Buffer) => boolean, accept: boolean): Promise<Gate> {
  const sockets = new Set<Socket>()
  const broken = Promise.withResolvers<void>()
  let refusing = false
  const listener = createServer((client) => {
    if (refusing) return sever(client)
    const upstream = connect(port, '127.0.0.1')
    let last = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    // Whoever asked may be dead by the time of the answer, which is waited for all the same.
    client.on('close', () => last || upstream.destroy())
    upstream.on('close', () => {
      client.destroy()
      if (last) broken.resolve()
    })
    client.on('data', (chunk: Buffer) => {
      last ||= breaks(chunk)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (!last) return void client.write(chunk)
      refusing = !accept
      broken.resolve()
      for (const socket of sockets) sever(socket)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    broken: broken.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      const gone = once(listener, 'close')
      listener.close()
      await gone
    },
  }
}
