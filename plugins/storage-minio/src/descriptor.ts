import type { FlagSpecs, StorageDescriptor } from 'dbvault'

export const flags = {
  endpoint: {
    type: 'string',
    summary: 'Server, with or without https:// and port, such as minio.example.org:9000',
    env: ['MINIO_ENDPOINT'],
    required: true,
  },
  bucket: { type: 'string', summary: 'Name of the bucket', required: true, role: 'container' },
  object: {
    type: 'string',
    summary: 'Name of the artifact, or a prefix that ends with a slash',
    role: 'key',
    commands: ['backup', 'restore', 'verify', 'list', 'show', 'prune', 'doctor'],
  },
  insecure: { type: 'boolean', summary: 'Speak plain HTTP where the endpoint does not say which' },
  region: { type: 'string', summary: 'Region of the server, where it has one', env: ['MINIO_REGION'] },
} as const satisfies FlagSpecs

export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 'minio',
  summary: 'MinIO, by its own client',
  module: './dist/index.js',
  schemes: ['minio'],
  flags,
} as const satisfies StorageDescriptor<typeof flags>

export type Flags = typeof flags
