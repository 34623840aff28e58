import { randomBytes } from 'node:crypto'
import { Client } from 'minio'
import type { FlagValues, Storage } from 'dbvault'
import { testHost } from 'dbvault/testing'
import type { S3Server } from '../../../../test/servers/s3-server.ts'
import type { Flags } from '../../src/descriptor.ts'
import minio from '../../src/index.ts'

/** A new bucket, seen through the plugin and from beside it. */
export interface TestBucket {
  readonly name: string
  /** The client, for what the plugin does not do. */
  readonly client: Client
  /** Opens the bucket with the plugin. */
  open(flags?: Partial<FlagValues<Flags>>): Promise<Storage>
  /** The same with the keys that the variables have. */
  openAsIs(flags?: Partial<FlagValues<Flags>>): Promise<Storage>
  /** Begins an upload and sends a part, and no more. */
  strand(key: string): Promise<void>
  /** Keys of all objects, and of all uploads with an `(upload)` behind them. */
  left(): Promise<readonly string[]>
}

export const NO_FLAGS: FlagValues<Flags> = {
  endpoint: '',
  bucket: '',
  object: undefined,
  insecure: undefined,
  region: undefined,
}

export async function makeBucket(server: S3Server): Promise<TestBucket> {
  const name = `test-${randomBytes(6).toString('hex')}`
  const { accessKey, secretKey, region, port } = server
  const client = new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey, secretKey, region })
  await client.makeBucket(name)
  const openAsIs: TestBucket['openAsIs'] = async (flags = {}) => {
    await using host = testHost()
    return await minio.open({ ...NO_FLAGS, bucket: name, endpoint: server.endpoint, ...flags }, host)
  }
  return {
    name,
    client,
    open(flags) {
      loginAt(server)
      return openAsIs(flags)
    },
    openAsIs,
    async strand(key) {
      const uploadID = await client.initiateNewMultipartUpload(name, key, {})
      await client.uploadPart(
        { bucketName: name, objectName: key, uploadID, partNumber: 1, headers: {} },
        Buffer.from('half'),
      )
    },
    async left() {
      const { uploads } = await client.listIncompleteUploadsQuery(name, '', '', '', '')
      const keys: string[] = []
      const listing = client.listObjects(name, '', true, { IncludeVersion: true })
      for await (const { name: key } of listing as AsyncIterable<{ readonly name: string }>) keys.push(key)
      return [...keys, ...uploads.map(({ key }) => `${key} (upload)`)].sort()
    },
  }
}

export function loginAt({ accessKey, secretKey }: Pick<S3Server, 'accessKey' | 'secretKey'>): void {
  process.env['MINIO_ACCESS_KEY'] = accessKey
  process.env['MINIO_SECRET_KEY'] = secretKey
}
