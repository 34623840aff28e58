import type { FlagSpecs, StorageDescriptor } from 'dbvault'

export const flags = {
  container: { type: 'string', summary: 'Name of the container', required: true, role: 'container' },
  blob: {
    type: 'string',
    summary: 'Name of the artifact, or a prefix that ends with a slash',
    role: 'key',
    commands: ['backup', 'restore', 'verify', 'list', 'show', 'prune', 'doctor'],
  },
  'conn-str': {
    type: 'string',
    summary: 'Connection string of the storage account',
    secret: true,
    env: ['AZURE_STORAGE_CONNECTION_STRING'],
  },
  account: {
    type: 'string',
    summary: 'Name of the storage account, to log in as az, a managed identity or the environment do',
    env: ['AZURE_STORAGE_ACCOUNT'],
  },
  'account-key': {
    type: 'string',
    summary: 'Key of the storage account, in place of a login',
    secret: true,
    env: ['AZURE_STORAGE_KEY'],
  },
  sas: {
    type: 'string',
    summary: 'Shared access signature, in place of a login',
    secret: true,
    env: ['AZURE_STORAGE_SAS_TOKEN'],
  },
  endpoint: { type: 'string', summary: 'URL of another blob service than that of the account at Azure' },
  tier: {
    type: 'string',
    summary: 'Access tier of what is stored',
    options: ['Hot', 'Cool', 'Cold'],
    commands: ['backup', 'copy'],
  },
} as const satisfies FlagSpecs

export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 'azure',
  summary: 'Azure Blob Storage',
  module: './dist/index.js',
  schemes: ['azure'],
  flags,
} as const satisfies StorageDescriptor<typeof flags>

export type Flags = typeof flags
