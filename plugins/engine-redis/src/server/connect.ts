import type { Host } from 'dbvault'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { serverError } from './server-error.ts'
import type { Server, Tls } from './server.ts'

export const CONNECT_MS = 10_000

/** A connection to the server, over which nothing was said yet. @throws SOURCE_UNREACHABLE */
export async function connect(server: Server, host: Host): Promise<Socket> {
  const { signal } = host
  signal.throwIfAborted()
  const { address } = server
  const options = server.tls && (await tlsOptions(server.tls, host))
  const name = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {}
  const socket = options ? connectTls({ ...address, ...name, ...options }) : connectTcp(address)
  socket.setNoDelay(true)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort)
  const timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), CONNECT_MS)
  socket.once(options ? 'secureConnect' : 'connect', resolve)
  socket.once('error', reject)
  try {
    await promise
    socket.off('error', reject)
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    signal.throwIfAborted()
    throw serverError(host, server, error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** @throws USAGE when a file cannot be read */
export async function tlsOptions({ ca, cert, key, verify }: Tls, host: Host): Promise<ConnectionOptions> {
  const read = async (path: string | undefined): Promise<Buffer | undefined> => {
    if (path === undefined) return undefined
    return await readFile(path).catch((cause: unknown) => {
      throw host.error('USAGE', `The file ${path} cannot be read`, { cause })
    })
  }
  const [caText, certText, keyText] = await Promise.all([read(ca), read(cert), read(key)])
  return {
    rejectUnauthorized: verify,
    ...(caText && { ca: caText }),
    ...(certText && { cert: certText }),
    ...(keyText && { key: keyText }),
  }
}
