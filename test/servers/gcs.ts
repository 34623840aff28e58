import { existsSync } from 'node:fs'
import { after } from 'mocha'
import { GO_PROGRAMS } from '../support/tools.ts'
import { freePort } from './free-port.ts'
import { serve, type Served } from './serve.ts'

/** A server that speaks like Google Cloud Storage on plain HTTP, without any bucket. It knows no login. */
export interface GcsServer extends Served {
  readonly endpoint: string
}

let shared: Promise<GcsServer> | undefined

/** The one that all tests of this process share. */
export function sharedGcs(): Promise<GcsServer> {
  return (shared ??= startGcs())
}

after(async () => {
  await (await shared)?.stop()
  shared = undefined
})

async function startGcs(): Promise<GcsServer> {
  const command = GO_PROGRAMS['fake-gcs-server']
  if (!existsSync(command)) throw new Error('fake-gcs-server is not there; see test/servers/install')
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const served = await serve({
    command,
    args: () =>
      `-scheme http -host 127.0.0.1 -port ${port} -public-host 127.0.0.1:${port} -backend memory -log-level error`.split(
        ' ',
      ),
    isReady: async () => (await fetch(`${endpoint}/_internal/healthcheck`)).ok,
  })
  return { ...served, endpoint }
}
