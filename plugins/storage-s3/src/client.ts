import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Host } from 'dbvault'
import type { Settings } from './settings.ts'

const CONNECT_MS = 10_000
/** A server that neither takes nor sends a byte for so long counts as gone. It may think this long about the last request. */
const SILENCE_MS = 120_000
/** What a server that is not Amazon's calls its only region, if it calls it at all. */
const ANY_REGION = 'us-east-1'
/** Without one of its own the SDK writes to the console when a part that is a stream was not taken. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** The SDK with all that it does of its own accord turned off: retries, checksums, redirects. @throws USAGE */
export async function connect(settings: Settings, host: Host): Promise<S3Client> {
  const { endpoint, region, profile, pathStyle } = settings
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(pathStyle !== undefined && { forcePathStyle: pathStyle }),
    maxAttempts: 1,
    logger: SILENT,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With it the SDK opens a connection for each part.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    customUserAgent: [['dbvault']],
  }
  const client = prepared(config)
  try {
    await client.config.region()
    return client
  } catch (cause) {
    client.destroy()
    if (pathStyle === true) return prepared({ ...config, region: ANY_REGION })
    throw host.error('USAGE', 'The region of the bucket is not known', {
      cause,
      hints: ['Give it with --s3-region, set AWS_REGION, or have it in the AWS configuration.'],
    })
  }
}

interface HttpRequest {
  readonly headers: Record<string, string>
  readonly method: string
  readonly protocol: string
}

/** Over TLS the checksum in the headers, which are signed, is enough: the SDK would compute a sha256 besides. */
function prepared(config: S3ClientConfig): S3Client {
  const client = new S3Client(config)
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers, method, protocol } = args.request as HttpRequest
      const isChecked = 'content-md5' in headers || 'x-amz-checksum-crc64nvme' in headers
      if (protocol === 'https:' && method === 'PUT' && isChecked) headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'unsignedPayload' },
  )
  return client
}
