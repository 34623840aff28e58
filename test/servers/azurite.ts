import { after } from 'mocha'
import { AZURITE } from '../support/tools.ts'
import { freePort } from './free-port.ts'
import { serve, type Served } from './serve.ts'

/** A server that speaks like Azure's Blob Storage on plain HTTP, without any container. */
export interface AzureServer extends Served {
  readonly account: string
  /** In base 64, as keys of storage accounts are. */
  readonly key: string
  /** Of the blob service of the account. */
  readonly url: string
}

const ACCOUNT = 'dbvaulttests'
const KEY = Buffer.from('secret key+of=the&tests of dbvault'.padEnd(64, '.')).toString('base64')

let shared: Promise<AzureServer> | undefined

/** The one that all tests of this process share. */
export function sharedAzure(): Promise<AzureServer> {
  return (shared ??= startAzure())
}

after(async () => {
  await (await shared)?.stop()
  shared = undefined
})

async function startAzure(): Promise<AzureServer> {
  const port = await freePort()
  const served = await serve({
    command: process.execPath,
    args: () =>
      [AZURITE, '--inMemoryPersistence', '--skipApiVersionCheck', '--silent', '--disableTelemetry'].concat([
        '--blobHost',
        '127.0.0.1',
        '--blobPort',
        String(port),
      ]),
    env: { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` },
    // Whatever it answers, it answers.
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/`)).status > 0,
  })
  return { ...served, account: ACCOUNT, key: KEY, url: `http://127.0.0.1:${port}/${ACCOUNT}` }
}
