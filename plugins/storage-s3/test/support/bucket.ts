import { randomBytes } from 'node:crypto'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { FlagValues, Storage } from 'dbvault'
import { testHost } from 'dbvault/testing'
import type { S3Server } from '../../../../test/servers/s3-server.ts'
import type { Flags } from '../../src/descriptor.ts'
import s3 from '../../src/index.ts'

/** A new bucket, seen through the plugin and from beside it. */
export interface TestBucket {
  readonly name: string
  /** The SDK, for what the plugin does not do. */
  readonly client: S3Client
  /** Opens the bucket with the plugin. */
  open(flags?: Partial<FlagValues<Flags>>): Promise<Storage>
  /** Begins an upload and sends a part, and no more. */
  strand(key: string): Promise<void>
  /** Keys of all objects, and of all uploads with an `(upload)` behind them. */
  left(): Promise<readonly string[]>
}

export const NO_FLAGS: FlagValues<Flags> = {
  bucket: '',
  key: undefined,
  owner: undefined,
  endpoint: undefined,
  region: undefined,
  profile: undefined,
  'path-style': undefined,
  'virtual-hosted': undefined,
  'storage-class': undefined,
  sse: undefined,
  'kms-key': undefined,
  tag: undefined,
}

export async function makeBucket(server: S3Server, options: { readonly lock?: boolean } = {}): Promise<TestBucket> {
  const name = `test-${randomBytes(6).toString('hex')}`
  const client = clientFor(server)
  await client.send(
    new CreateBucketCommand({ Bucket: name, ...(options.lock && { ObjectLockEnabledForBucket: true }) }),
  )
  return {
    name,
    client,
    async open(flags = {}) {
      loginAt(server)
      await using host = testHost()
      return await s3.open({ ...NO_FLAGS, bucket: name, endpoint: server.endpoint, ...flags }, host)
    },
    async strand(key) {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: name, Key: key }))
      await client.send(new UploadPartCommand({ Bucket: name, Key: key, UploadId, PartNumber: 1, Body: 'half' }))
    },
    async left() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }))
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }))
      return [
        ...Versions.map(({ Key }) => Key ?? ''),
        ...DeleteMarkers.map(({ Key }) => `${Key} (deleted)`),
        ...Uploads.map(({ Key }) => `${Key} (upload)`),
      ].sort()
    },
  }
}

export function clientFor({ endpoint, region, accessKey, secretKey }: S3Server): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  })
}

/** What the SDK's own chain then finds first. */
export function loginAt({ accessKey, secretKey }: Pick<S3Server, 'accessKey' | 'secretKey'>): void {
  process.env['AWS_ACCESS_KEY_ID'] = accessKey
  process.env['AWS_SECRET_ACCESS_KEY'] = secretKey
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
  process.env['AWS_CONFIG_FILE'] = '/dev/null'
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null'
}
