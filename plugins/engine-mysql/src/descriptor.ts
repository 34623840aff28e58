import type { EngineDescriptor, FlagSpecs } from 'dbvault'

export const flags = {
  'bin-dir': {
    type: 'path',
    summary: 'Directory of the programs of MySQL or MariaDB, looked into before PATH',
    commands: ['backup', 'restore', 'verify', 'doctor'],
  },
  socket: {
    type: 'path',
    summary: 'Unix socket of the server, in place of a host',
    commands: ['backup', 'restore', 'doctor'],
  },
  tls: {
    type: 'string',
    summary: 'Encryption of the connection; what is verified is the certificate, and with "full" the host name too',
    options: ['disabled', 'preferred', 'required', 'verify-ca', 'verify-full'],
    commands: ['backup', 'restore', 'doctor'],
  },
  'tls-ca': {
    type: 'path',
    summary: 'PEM file of the authority that signed the certificate of the server',
    commands: ['backup', 'restore', 'doctor'],
  },
  'tls-cert': {
    type: 'path',
    summary: 'PEM file of your own certificate',
    commands: ['backup', 'restore', 'doctor'],
  },
  'tls-key': {
    type: 'path',
    summary: 'PEM file of the key of your own certificate',
    commands: ['backup', 'restore', 'doctor'],
  },
  'option-file': {
    type: 'path',
    summary:
      'Option file such as ~/.my.cnf whose [client] group completes host, user and password; none is read otherwise',
    commands: ['backup', 'restore', 'doctor'],
  },
  'lock-timeout': {
    type: 'integer',
    summary: 'How many seconds to wait for a table that another session has locked',
    min: 1,
    max: 86_400,
    default: 30,
    commands: ['backup', 'restore', 'doctor'],
  },
  'answer-timeout': {
    type: 'integer',
    summary: 'After how many seconds without a sign of life the server counts as gone',
    min: 1,
    max: 86_400,
    default: 60,
    commands: ['backup', 'restore', 'doctor'],
  },
} as const satisfies FlagSpecs

/** Statements for the client of the vendor that the server is of, in UTF-8. */
export const format = { id: 'mysql-sql', extension: 'sql' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'mysql',
  summary: 'MySQL and MariaDB databases',
  module: './dist/index.js',
  flags,
  source: { database: 'name', settings: ['host', 'port', 'user', 'password', 'url'] },
  formats: [format],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags
