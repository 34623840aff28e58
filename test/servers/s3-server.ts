import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { GO_PROGRAMS } from '../support/tools.ts'
import { freePort } from './free-port.ts'
import { serve, type Served } from './serve.ts'

/** A server that speaks S3 on plain HTTP, without any bucket. */
export interface S3Server extends Served {
  readonly endpoint: string
  readonly port: number
  readonly region: 'us-east-1'
  readonly accessKey: string
  readonly secretKey: string
}

export type S3Vendor = 'versitygw' | 'minio'

/** Of twelve digits: for VersityGW the owner of all buckets is the user whose access key this is. */
export const OWNER = '123456789012'
const SECRET = 'secret/key+of=the&tests'

const started = new Map<S3Vendor, Promise<S3Server>>()

/** The one that all tests of this process share. */
export function sharedS3(vendor: S3Vendor): Promise<S3Server> {
  const server = started.get(vendor) ?? startS3(vendor)
  started.set(vendor, server)
  return server
}

// Benchmarks start it outside of mocha, too.
globalThis.after?.(async () => {
  for (const server of started.values()) await (await server).stop()
  started.clear()
})

export async function startS3(vendor: S3Vendor): Promise<S3Server> {
  const command = GO_PROGRAMS[vendor]
  if (!existsSync(command)) throw new Error(`${vendor} is not there; see test/servers/install`)
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const served =
    vendor === 'minio'
      ? await serve({
          command,
          args: (folder) => ['server', folder, '--address', `127.0.0.1:${port}`, '--quiet'],
          env: { MINIO_ROOT_USER: OWNER, MINIO_ROOT_PASSWORD: SECRET, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
          isReady: async () => (await fetch(`${endpoint}/minio/health/ready`)).ok,
        })
      : await serve({
          command,
          args(folder) {
            for (const name of ['versions', 'buckets']) mkdirSync(join(folder, name))
            const global = ['--port', `127.0.0.1:${port}`, '--keep-alive', '--quiet', '--health', '/health']
            return [...global, 'posix', '--versioning-dir', join(folder, 'versions'), join(folder, 'buckets')]
          },
          env: { ROOT_ACCESS_KEY: OWNER, ROOT_SECRET_KEY: SECRET },
          isReady: async () => (await fetch(`${endpoint}/health`)).ok,
        })
  return { ...served, endpoint, port, region: 'us-east-1', accessKey: OWNER, secretKey: SECRET }
}
