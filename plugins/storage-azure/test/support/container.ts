import { randomBytes } from 'node:crypto'
import { type ContainerClient, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { FlagValues, Storage } from 'dbvault'
import { testHost } from 'dbvault/testing'
import type { AzureServer } from '../../../../test/servers/azurite.ts'
import type { Flags } from '../../src/descriptor.ts'
import azure from '../../src/index.ts'

/** A new container, seen through the plugin and from beside it. */
export interface TestContainer {
  readonly name: string
  /** The SDK, for what the plugin does not do. */
  readonly client: ContainerClient
  /** Opens the container with the plugin. */
  open(flags?: Partial<FlagValues<Flags>>): Promise<Storage>
  /** Sends a block, and makes no blob of it. */
  strand(key: string): Promise<void>
  /** Names of all blobs, and of those that are unfinished with `(blocks)` behind them. */
  left(): Promise<readonly string[]>
}

export const NO_FLAGS: FlagValues<Flags> = {
  container: '',
  blob: undefined,
  'conn-str': undefined,
  account: undefined,
  'account-key': undefined,
  sas: undefined,
  endpoint: undefined,
  tier: undefined,
}

export async function makeContainer(server: AzureServer): Promise<TestContainer> {
  const name = `test-${randomBytes(6).toString('hex')}`
  const client = new BlobServiceClient(
    server.url,
    new StorageSharedKeyCredential(server.account, server.key),
  ).getContainerClient(name)
  await client.create()
  return {
    name,
    client,
    async open(flags = {}) {
      await using host = testHost()
      const { account, key, url } = server
      const login = { account, 'account-key': key, endpoint: url }
      return await azure.open({ ...NO_FLAGS, container: name, ...login, ...flags }, host)
    },
    async strand(key) {
      const id = Buffer.from('0'.repeat(42)).toString('base64')
      await client.getBlockBlobClient(key).stageBlock(id, 'half', 4)
    },
    async left() {
      const found: string[] = []
      for await (const { name: key } of client.listBlobsFlat({ includeUncommitedBlobs: true })) {
        found.push((await client.getBlobClient(key).exists()) ? key : `${key} (blocks)`)
      }
      return found.sort()
    },
  }
}

export function connectionString({ account, key, url }: AzureServer): string {
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${url};`
}
