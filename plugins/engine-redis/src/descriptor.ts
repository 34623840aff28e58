import type { EngineDescriptor, FlagSpecs } from 'dbvault'

export const flags = {
  tls: { type: 'boolean', summary: 'Use TLS, as with a rediss:// URL' },
  'tls-ca': { type: 'path', summary: 'Certificate of the authority that the server is verified by; implies TLS' },
  'tls-cert': { type: 'path', summary: 'Certificate of the client; implies TLS' },
  'tls-key': { type: 'path', summary: 'Key of the client certificate' },
  'tls-verify': {
    type: 'boolean',
    summary: 'Verify the certificate of the server; without, anybody can pretend to be it',
    default: true,
  },
  sentinel: {
    type: 'string',
    summary: 'Name of a master that Sentinels watch; --host then names one or more Sentinels, with commas between them',
  },
  'sentinel-user': { type: 'string', summary: 'User at the Sentinels, where they ask for one' },
  'sentinel-password': { type: 'string', summary: 'Password at the Sentinels, where they ask for one', secret: true },
  method: {
    type: 'string',
    summary:
      'How keys are read: replication gives one point in time; scan reads key by key, where the server forbids it',
    options: ['replication', 'scan'],
    default: 'replication',
    commands: ['backup'],
  },
  'idle-timeout': {
    type: 'integer',
    summary: 'How many seconds a server may be silent before it counts as gone',
    min: 1,
    max: 86_400,
    default: 60,
  },
  'bin-dir': { type: 'path', summary: 'Directory of redis-server or valkey-server, which proofs load backups with' },
  'to-file': {
    type: 'path',
    summary: 'Write an RDB file for a stopped server, in place of restoring into a running one',
    commands: ['restore'],
  },
  'from-database': {
    type: 'integer',
    summary: 'Which logical database of the backup to restore, where --database names one and the backup has several',
    min: 0,
    max: 1_000_000,
    commands: ['restore'],
  },
} as const satisfies FlagSpecs

/** An RDB file as Redis up to 8, and Valkey up to 8, write it. */
export const redisFormat = { id: 'redis-rdb', extension: 'rdb' } as const
/** An RDB file as Valkey writes it from version 9 on. */
export const valkeyFormat = { id: 'valkey-rdb', extension: 'rdb' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'redis',
  summary: 'Redis and Valkey servers and clusters',
  module: './dist/index.js',
  flags,
  source: { database: 'name', settings: ['host', 'port', 'user', 'password', 'url'] },
  formats: [
    { ...redisFormat, magic: '5245444953' },
    { ...valkeyFormat, magic: '56414c4b4559' },
  ],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags
