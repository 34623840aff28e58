import type { FlagValues, Host } from 'dbvault'
import type { Flags } from './descriptor.ts'

export interface Settings {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly bucket: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
}

/** What servers that were given no region sign for, and take whatever they were given. */
const ANY_REGION = 'us-east-1'

/** Says what can be said of flags and variables without asking anybody. @throws USAGE */
export function settingsOf(flags: FlagValues<Flags>, host: Host): Settings {
  const { bucket, endpoint, insecure = false, region = ANY_REGION } = flags
  const usage = (message: string, ...hints: string[]): Error => host.error('USAGE', message, { hints })
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw usage(
      `${JSON.stringify(bucket)} cannot be the name of a bucket`,
      'What comes after the bucket is --minio-object.',
    )
  }
  const url = urlOf(endpoint, insecure)
  if (url?.username || url?.password) {
    throw usage('--minio-endpoint takes no user and password', 'Set MINIO_ACCESS_KEY and MINIO_SECRET_KEY.')
  }
  if (url === undefined || url.hostname === '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw usage(
      `--minio-endpoint has to name a server, not ${JSON.stringify(endpoint)}`,
      'Give it like minio.example.org:9000 or https://minio.example.org.',
    )
  }
  if (insecure && url.protocol === 'https:') throw usage('--minio-insecure contradicts https:// in --minio-endpoint')
  const { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey } = process.env
  if (!accessKey || !secretKey) {
    throw usage('The keys for MinIO are not given', 'Set MINIO_ACCESS_KEY and MINIO_SECRET_KEY.')
  }
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, secure, bucket, region, accessKey, secretKey }
}

function urlOf(endpoint: string, insecure: boolean): URL | undefined {
  const whole = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`
  return /^https?:/i.test(whole) && URL.canParse(whole) ? new URL(whole) : undefined
}
