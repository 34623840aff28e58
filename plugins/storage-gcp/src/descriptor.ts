import type { FlagSpecs, StorageDescriptor } from 'dbvault'

export const flags = {
  bucket: { type: 'string', summary: 'Name of the bucket', required: true, role: 'container' },
  blob: {
    type: 'string',
    summary: 'Name of the artifact, or a prefix that ends with a slash',
    role: 'key',
    commands: ['backup', 'restore', 'verify', 'list', 'show', 'prune', 'doctor'],
  },
  endpoint: {
    type: 'string',
    summary: 'URL of another server than that of Google; to plain http no login is sent',
    env: ['STORAGE_EMULATOR_HOST'],
  },
  project: { type: 'string', summary: 'Project that pays for the requests, where the bucket has the requester pay' },
  'storage-class': {
    type: 'string',
    summary: 'Storage class of what is stored, in place of that of the bucket',
    options: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
    commands: ['backup', 'copy'],
  },
  'kms-key': {
    type: 'string',
    summary: 'Key of Cloud KMS to encrypt with by the server, as projects/P/locations/L/keyRings/R/cryptoKeys/K',
    commands: ['backup', 'copy'],
  },
} as const satisfies FlagSpecs

export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 'gcp',
  summary: 'Google Cloud Storage',
  module: './dist/index.js',
  schemes: ['gs'],
  flags,
} as const satisfies StorageDescriptor<typeof flags>

export type Flags = typeof flags
