import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { connectionString, makeContainer } from '../../../plugins/storage-azure/test/support/container.ts'
import { makeBucket as makeGcsBucket } from '../../../plugins/storage-gcp/test/support/bucket.ts'
import { startGcsFront } from '../../../plugins/storage-gcp/test/support/gcs-front.ts'
import { makeBucket as makeMinioBucket } from '../../../plugins/storage-minio/test/support/bucket.ts'
import { makeBucket as makeS3Bucket } from '../../../plugins/storage-s3/test/support/bucket.ts'
import type { Environment } from '../../cli/dbvault-process.ts'
import { sharedAzure } from '../../servers/azurite.ts'
import { sharedGcs } from '../../servers/gcs.ts'
import { sharedS3 } from '../../servers/s3-server.ts'
import type { Tool } from '../../support/tools.ts'

/** A new, empty place at a cloud, as its user knows it and as it looks from beside. */
export interface Place extends AsyncDisposable {
  readonly flags: readonly string[]
  readonly environment: Environment
  /** What an address there starts with. */
  readonly address: string
  /** Names of all that is there, unfinished uploads included. */
  left(): Promise<readonly string[]>
  /** Lets all that is there have come about so long ago; absent where a server's clock cannot be told anything. */
  age?(milliseconds: number): Promise<void>
}

export interface Cloud {
  readonly name: string
  readonly needs: Tool
  open(): Promise<Place>
}

/** Every storage that comes with dbvault, each on its own server. */
export const CLOUDS: readonly Cloud[] = [
  { name: 's3', needs: 'versitygw', open: s3 },
  { name: 'minio', needs: 'minio', open: minio },
  { name: 'azure', needs: 'azurite', open: azure },
  { name: 'gcp', needs: 'fake-gcs-server', open: gcp },
]

async function s3(): Promise<Place> {
  const server = await sharedS3('versitygw')
  const bucket = await makeS3Bucket(server)
  return {
    flags: ['--cloud', 's3', '--s3-bucket', bucket.name],
    environment: {
      AWS_ACCESS_KEY_ID: server.accessKey,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
      DBVAULT_S3_ENDPOINT: server.endpoint,
    },
    address: `s3://${bucket.name}/`,
    left: () => bucket.left(),
    // Every object of it is a file, and dated as that is.
    async age(milliseconds) {
      const then = new Date(Date.now() - milliseconds)
      const folder = join(server.folder, 'buckets', bucket.name)
      for (const name of await readdir(folder, { recursive: true })) await utimes(join(folder, name), then, then)
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function minio(): Promise<Place> {
  const server = await sharedS3('minio')
  const bucket = await makeMinioBucket(server)
  return {
    flags: ['--cloud', 'minio', '--minio-bucket', bucket.name],
    environment: {
      MINIO_ACCESS_KEY: server.accessKey,
      MINIO_SECRET_KEY: server.secretKey,
      MINIO_ENDPOINT: `127.0.0.1:${server.port}`,
      DBVAULT_MINIO_INSECURE: 'true',
    },
    address: `minio://${bucket.name}/`,
    left: () => bucket.left(),
    async [Symbol.asyncDispose]() {},
  }
}

async function azure(): Promise<Place> {
  const server = await sharedAzure()
  const container = await makeContainer(server)
  return {
    flags: ['--cloud', 'azure', '--azure-container', container.name],
    environment: { AZURE_STORAGE_CONNECTION_STRING: connectionString(server) },
    address: `azure://${container.name}/`,
    left: () => container.left(),
    async [Symbol.asyncDispose]() {},
  }
}

async function gcp(): Promise<Place> {
  const front = await startGcsFront((await sharedGcs()).endpoint)
  const bucket = await makeGcsBucket()
  return {
    flags: ['--cloud', 'gcp', '--gcp-bucket', bucket.name],
    environment: { STORAGE_EMULATOR_HOST: front.url },
    address: `gs://${bucket.name}/`,
    async left() {
      // The uploads of such a bucket cannot be listed; here it can be asked whether there is one.
      return [...(await bucket.left()), ...(front.isOpen(bucket.name) ? ['(upload)'] : [])]
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  }
}
