import type { EngineDescriptor, FlagSpecs } from 'dbvault'

export const flags = {
  sslmode: {
    type: 'string',
    summary: 'How to use TLS on network connections',
    options: ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'],
    default: 'prefer',
  },
  'ssl-root-cert': { type: 'path', summary: 'Certificate of the authority that the server is verified by' },
  'ssl-cert': { type: 'path', summary: 'Certificate of the client' },
  'ssl-key': { type: 'path', summary: 'Key of the client certificate, readable by its owner only' },
  format: {
    type: 'string',
    summary: 'Dump an archive that pg_restore reads, or plain SQL',
    options: ['custom', 'plain'],
    default: 'custom',
    commands: ['backup'],
  },
  'exclude-table-data': {
    type: 'string',
    summary: 'Leave out the rows, but not the definition, of the tables that a pattern of pg_dump matches',
    multiple: true,
    commands: ['backup'],
  },
  'bin-dir': { type: 'path', summary: 'Directory of pg_dump and pg_restore, in place of looking for the right ones' },
  'lock-timeout': {
    type: 'integer',
    summary: 'How many seconds to wait for a table that another session has locked',
    min: 1,
    max: 86_400,
    default: 30,
  },
  'maintenance-database': {
    type: 'string',
    summary: 'Database to be connected to while others are listed, made or renamed',
    default: 'postgres',
  },
  'use-environment': {
    type: 'boolean',
    summary: 'Take what is not given from PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSL… and the password file of libpq',
  },
  owners: {
    type: 'boolean',
    summary: 'Restore who owns what; otherwise all of it belongs to the user who restores',
    default: true,
    commands: ['restore'],
  },
  privileges: { type: 'boolean', summary: 'Restore who was granted what', default: true, commands: ['restore'] },
} as const satisfies FlagSpecs

/** What `pg_dump --format=custom --compress=0` writes. */
export const archiveFormat = { id: 'postgres-archive', extension: 'dump' } as const
/** What `pg_dump --format=plain` writes. */
export const sqlFormat = { id: 'postgres-sql', extension: 'sql' } as const
/** An archive beside SQL, without rows. */
export const contentsFormat = { id: 'postgres-contents', extension: 'dump' } as const
/** What `pg_dumpall --roles-only --no-role-passwords` writes. */
export const rolesFormat = { id: 'postgres-roles', extension: 'sql' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'postgres',
  summary: 'PostgreSQL databases',
  module: './dist/index.js',
  flags,
  source: { database: 'name', settings: ['host', 'port', 'user', 'password', 'url'] },
  formats: [{ ...archiveFormat, magic: '5047444d50' }, sqlFormat, contentsFormat, rolesFormat],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags
