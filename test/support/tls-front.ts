import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** TLS before a server that speaks plain HTTP, on 127.0.0.1. */
export interface TlsFront extends AsyncDisposable {
  readonly url: string
  /** The certificate that a client has to trust, as a file. */
  readonly ca: string
}

export async function startTlsFront(server: string): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), 'dbvault-tls-'))
  const made = 'req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key -out crt -subj /CN=localhost'.split(' ')
  execFileSync('openssl', [...made, '-addext', 'subjectAltName = DNS:localhost'], { cwd: folder, stdio: 'ignore' })
  const [key, cert] = await Promise.all(['key', 'crt'].map((name) => readFile(join(folder, name))))
  const listener = createServer({ key, cert }, (incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' }
    const options = { method: incoming.method, headers }
    const upstream = request(new URL(incoming.url ?? '', server), options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => outgoing.destroy()).pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    incoming.on('error', () => upstream.destroy()).pipe(upstream)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `https://localhost:${(listener.address() as AddressInfo).port}/`,
    ca: join(folder, 'crt'),
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close')
      listener.close()
      listener.closeAllConnections()
      await closed
      await rm(folder, { recursive: true })
    },
  }
}
