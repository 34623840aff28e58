import type { EngineDescriptor, FlagSpecs } from 'dbvault'

export const flags = {
  instance: {
    type: 'string',
    summary: 'Instance of the database, which is also the name of its owner; by default that of the user who runs this',
    env: ['DB2INSTANCE'],
  },
  'bin-dir': {
    type: 'path',
    summary: 'Directory of db2 and db2ckbkp, in place of sqllib in the home of the instance',
  },
  mode: {
    type: 'string',
    summary: 'Whether the database stays in use during a backup; auto is online where logs are archived',
    options: ['auto', 'online', 'offline'],
    default: 'auto',
    commands: ['backup'],
  },
  parts: {
    type: 'integer',
    summary: 'In how many files, side by side, the server writes the image',
    min: 1,
    max: 64,
    default: 1,
    commands: ['backup'],
  },
  compress: {
    type: 'boolean',
    summary: 'Let the server compress the image, which takes less temporary space',
    commands: ['backup'],
  },
  'lock-timeout': {
    type: 'integer',
    summary: 'How many seconds to wait for a lock while rows are counted',
    min: 1,
    max: 32_767,
    default: 60,
  },
  'storage-path': {
    type: 'path',
    summary: 'Directory for all files of the restored database, in place of those that the image names',
    commands: ['restore'],
  },
} as const satisfies FlagSpecs

/** A tar of the files of one image, with an index before and their digests behind them. */
export const format = { id: 'db2-images', extension: 'tar' } as const

/** The first entry, and so the first bytes of the tar. */
export const INDEX_NAME = 'dbvault-db2-index.json'

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'db2',
  summary: 'IBM Db2 databases (Linux, UNIX)',
  module: './dist/index.js',
  flags,
  source: { database: 'name', settings: ['user', 'password'] },
  formats: [{ ...format, magic: '64627661756c742d6462322d696e6465782e6a736f6e' }],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags
