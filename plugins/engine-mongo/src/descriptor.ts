import type { EngineDescriptor, FlagSpecs } from 'dbvault'

export const flags = {
  'auth-source': { type: 'string', summary: 'Database that the user belongs to; "admin" if nothing says otherwise' },
  'auth-mechanism': {
    type: 'string',
    summary: 'How to log in, in place of what the server prefers',
    options: ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'MONGODB-X509', 'PLAIN'],
  },
  tls: { type: 'boolean', summary: 'Use TLS' },
  'tls-ca-file': { type: 'path', summary: 'Certificates of the authorities that the server is verified by' },
  'tls-certificate-key-file': { type: 'path', summary: 'Certificate and key of the client, in one file' },
  'tls-insecure': { type: 'boolean', summary: 'Use TLS without verifying who answers' },
  'replica-set': { type: 'string', summary: 'Name of the replica set, all of which is then looked for' },
  direct: { type: 'boolean', summary: 'Use the very server that is named, and look for no other of its set' },
  snapshot: {
    type: 'string',
    summary: 'Whether to read at one point in time, where the server can and keeps its history for long enough',
    options: ['auto', 'always', 'never'],
    default: 'auto',
    commands: ['backup'],
  },
  parallel: {
    type: 'integer',
    summary: 'How many collections to read or write side by side',
    min: 1,
    max: 32,
    default: 4,
  },
  tool: {
    type: 'boolean',
    summary: "Dump with MongoDB's own mongodump, and restore with mongorestore",
    commands: ['backup', 'restore', 'verify'],
  },
  'bin-dir': { type: 'path', summary: 'Directory of mongodump, mongorestore and mongod, in place of looking on PATH' },
} as const satisfies FlagSpecs

/** What `mongodump --archive` writes, and `mongorestore --archive` reads. */
export const archiveFormat = { id: 'mongo-archive', extension: 'archive' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'mongo',
  summary: 'MongoDB databases',
  module: './dist/index.js',
  flags,
  source: { database: 'name', settings: ['host', 'port', 'user', 'password', 'url'] },
  formats: [{ ...archiveFormat, magic: '6de29981' }],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags
