import type { FlagSpecs, StorageDescriptor } from 'dbvault'

export const flags = {
  bucket: { type: 'string', summary: 'Name of the bucket', required: true, role: 'container' },
  key: {
    type: 'string',
    summary: 'Key of the artifact, or a prefix that ends with a slash',
    role: 'key',
    commands: ['backup', 'restore', 'verify', 'list', 'show', 'prune', 'doctor'],
  },
  owner: {
    type: 'string',
    summary: 'Account that has to own the bucket, 12 digits; every request is refused otherwise',
  },
  endpoint: { type: 'string', summary: 'URL of another server than that of Amazon' },
  region: { type: 'string', summary: 'Region of the bucket, in place of that of the AWS configuration' },
  profile: { type: 'string', summary: 'Profile of the AWS configuration' },
  'path-style': { type: 'boolean', summary: 'Have the bucket in the path of URLs, as is usual with another endpoint' },
  'virtual-hosted': {
    type: 'boolean',
    summary: 'Have the bucket in the host name of URLs, also with another endpoint',
  },
  'storage-class': {
    type: 'string',
    summary: 'Storage class of what is stored, such as STANDARD_IA',
    commands: ['backup', 'copy'],
  },
  sse: {
    type: 'string',
    summary: 'Encryption by the server',
    options: ['AES256', 'aws:kms', 'aws:kms:dsse'],
    commands: ['backup', 'copy'],
  },
  'kms-key': {
    type: 'string',
    summary: 'Key of KMS to encrypt with by the server; means --s3-sse=aws:kms',
    commands: ['backup', 'copy'],
  },
  tag: {
    type: 'string',
    summary: 'A tag for what is stored, as name=value. Can be repeated',
    multiple: true,
    commands: ['backup', 'copy'],
  },
} as const satisfies FlagSpecs

export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 's3',
  summary: 'Amazon S3, and servers that speak like it',
  module: './dist/index.js',
  schemes: ['s3'],
  flags,
} as const satisfies StorageDescriptor<typeof flags>

export type Flags = typeof flags
