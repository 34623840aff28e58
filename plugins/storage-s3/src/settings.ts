import type { FlagValues, Host } from 'dbvault'
import type { ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3'
import type { Flags } from './descriptor.ts'

export interface Settings {
  readonly bucket: string
  readonly owner: string | undefined
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly profile: string | undefined
  /** Undefined where the SDK decides. */
  readonly pathStyle: boolean | undefined
  /** What goes with every object that is stored, as the requests name it. */
  readonly ofObjects: ObjectSettings
}

export interface ObjectSettings {
  readonly StorageClass?: StorageClass
  readonly ServerSideEncryption?: ServerSideEncryption
  readonly SSEKMSKeyId?: string
  readonly Tagging?: string
}

/** Says what can be said of the flags without asking anybody. @throws USAGE */
export function settingsOf(flags: FlagValues<Flags>, host: Host): Settings {
  const { bucket, owner, region, profile } = flags
  const usage = (message: string, ...hints: string[]): Error => host.error('USAGE', message, { hints })
  if (!/^[\w.:/-]+$/.test(bucket) || (bucket.includes('/') && !bucket.startsWith('arn:'))) {
    throw usage(`${JSON.stringify(bucket)} cannot be the name of a bucket`, 'What comes after the bucket is --s3-key.')
  }
  if (owner !== undefined && !/^\d{12}$/.test(owner)) {
    throw usage(`--s3-owner has to be the 12 digits of an account, not ${JSON.stringify(owner)}`)
  }
  const endpoint = flags.endpoint === undefined ? undefined : checkEndpoint(flags.endpoint, usage)
  return {
    bucket,
    owner,
    endpoint,
    region,
    profile,
    pathStyle: pathStyleOf(flags, endpoint, usage),
    ofObjects: ofObjects(flags, usage),
  }
}

type Usage = (message: string, ...hints: string[]) => Error

function checkEndpoint(endpoint: string, usage: Usage): string {
  const hint = 'Give it like https://s3.example.org:9000.'
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.username || url?.password) {
    throw usage('--s3-endpoint takes no user and password', 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.')
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw usage(`--s3-endpoint has to be the URL of a server, not ${JSON.stringify(endpoint)}`, hint)
  }
  if (url.search || url.hash) throw usage('--s3-endpoint has to end with its path', hint)
  return endpoint
}

/** Most servers that are not Amazon's have no name in the DNS for each bucket. */
function pathStyleOf(flags: FlagValues<Flags>, endpoint: string | undefined, usage: Usage): boolean | undefined {
  if (flags['path-style'] && flags['virtual-hosted']) {
    throw usage('Either --s3-path-style or --s3-virtual-hosted, not both')
  }
  if (flags['path-style'] === true) return true
  if (flags['virtual-hosted'] === true) return false
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  return endpoint || AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL ? true : undefined
}

function ofObjects(flags: FlagValues<Flags>, usage: Usage): ObjectSettings {
  const { sse, 'kms-key': kmsKey, 'storage-class': storageClass, tag: tags = [] } = flags
  if (kmsKey !== undefined && sse === 'AES256') throw usage('--s3-kms-key does not go with --s3-sse=AES256')
  const encryption = sse ?? (kmsKey === undefined ? undefined : 'aws:kms')
  const tagging = new URLSearchParams()
  for (const tag of tags) {
    const [name = '', ...value] = tag.split('=')
    if (name === '' || value.length === 0) throw usage(`--s3-tag has to be name=value, not ${JSON.stringify(tag)}`)
    tagging.append(name, value.join('='))
  }
  return {
    ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
    ...(encryption !== undefined && { ServerSideEncryption: encryption }),
    ...(kmsKey !== undefined && { SSEKMSKeyId: kmsKey }),
    ...(tags.length > 0 && { Tagging: tagging.toString() }),
  }
}
