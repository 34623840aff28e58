import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

/** A proxy as companies have one: clients name the server that they mean. Listens on 127.0.0.1. */
export interface ForwardProxy extends AsyncDisposable {
  /** With the login in it. */
  readonly url: string
  /** What was asked for: `GET http://host/path`, or `CONNECT host:443` for a tunnel. Refused ones are not here. */
  readonly passed: readonly string[]
  /** How many requests had no login, or a wrong one. */
  readonly refused: number
}

export async function startForwardProxy(user: string, password: string): Promise<ForwardProxy> {
  const passed: string[] = []
  const sockets = new Set<Socket>()
  let refused = 0
  const login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const mayPass = (headers: IncomingHttpHeaders): boolean => {
    if (headers['proxy-authorization'] === login) return true
    refused += 1
    return false
  }

  const server = createServer((incoming, outgoing) => {
    if (!mayPass(incoming.headers)) return void outgoing.writeHead(407, { 'proxy-authenticate': 'Basic' }).end()
    passed.push(`${incoming.method} ${incoming.url}`)
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = incoming.headers
    const upstream = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => outgoing.destroy()).pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    incoming.on('error', () => upstream.destroy()).pipe(upstream)
  })
  server.on('connect', ({ headers, url = '' }, client: Socket) => {
    if (!mayPass(headers)) return void client.end('HTTP/1.1 407 Login, please\r\n\r\n')
    passed.push(`CONNECT ${url}`)
    const [host, port] = url.split(':')
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      pipeline(client, upstream, client, () => {})
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    passed,
    get refused() {
      return refused
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
