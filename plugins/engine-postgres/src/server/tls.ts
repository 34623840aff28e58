import type { Host } from 'dbvault'
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { isSocket, type Server } from './server.ts'

/** What to try, one after the other: of `prefer` it is with TLS, then without. */
export async function tlsOptions(server: Server, host: Host): Promise<(false | ConnectionOptions)[]> {
  const { mode, rootCert, cert, key } = server.tls
  if (mode === 'disable' || isSocket(server)) return [false]
  const options: ConnectionOptions = {
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    ...(rootCert !== undefined && { ca: await read(rootCert, host) }),
    ...(cert !== undefined && { cert: await read(cert, host) }),
    ...(key !== undefined && { key: await read(key, host) }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
  return mode === 'prefer' ? [options, false] : [options]
}

async function read(path: string, host: Host): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw host.error('USAGE', `The file ${path}, which TLS needs, cannot be read`, { cause })
  }
}
