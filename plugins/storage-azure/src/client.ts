import {
  AnonymousCredential,
  BlobServiceClient,
  type ContainerClient,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import type { Host } from 'dbvault'
import type { Login } from './settings.ts'

/** The SDK without retries of its own. */
const OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 1 },
  userAgentOptions: { userAgentPrefix: 'dbvault' },
}

/** @throws USAGE for a connection string or a key that the SDK cannot read */
export async function connect(login: Login, container: string, host: Host): Promise<ContainerClient> {
  try {
    return (await serviceOf(login)).getContainerClient(container)
  } catch {
    // What the SDK says may quote what it was given.
    throw host.error('USAGE', `The ${login.kind} of the storage account cannot be read`, {
      hints: ['Copy it again from "Access keys" of the storage account, whole and with its quotes.'],
    })
  }
}

async function serviceOf(login: Login): Promise<BlobServiceClient> {
  switch (login.kind) {
    case 'connection string':
      return BlobServiceClient.fromConnectionString(login.text, OPTIONS)
    case 'key':
      return new BlobServiceClient(login.url, new StorageSharedKeyCredential(login.account, login.key), OPTIONS)
    case 'signature':
      return new BlobServiceClient(`${login.url}?${login.sas}`, new AnonymousCredential(), OPTIONS)
    case 'identity': {
      const { DefaultAzureCredential } = await import('@azure/identity')
      return new BlobServiceClient(login.url, new DefaultAzureCredential(), OPTIONS)
    }
  }
}
