import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Passes all on to a server, and can lose the answer to a MOVE that the server has done. */
export async function forgetfulProxy(
  server: string,
): Promise<{ readonly url: string; readonly loseNextMove: () => void; readonly close: () => void }> {
  let losing = false
  const own = createServer((incoming, outgoing) => {
    const destination = incoming.headers['destination']
    const headers = {
      ...incoming.headers,
      host: new URL(server).host,
      ...(typeof destination === 'string' && { destination: destination.replace(url, server) }),
    }
    const target = new URL(incoming.url ?? '', server)
    const onward = request(target, { method: incoming.method, headers }, (answer) => {
      if (losing && incoming.method === 'MOVE') {
        losing = false
        answer.resume().on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => incoming.socket.destroy())
    incoming.on('error', () => {}).pipe(onward)
  })
  own.listen(0, '127.0.0.1')
  await once(own, 'listening')
  const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}/`
  return {
    url,
    loseNextMove: () => void (losing = true),
    close() {
      own.close()
      own.closeAllConnections()
    },
  }
}
