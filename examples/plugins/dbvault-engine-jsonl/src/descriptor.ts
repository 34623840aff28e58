import type { EngineDescriptor, FlagSpecs } from 'dbvault'

const flags = {
  'ignore-others': {
    type: 'boolean',
    summary: 'Back up the .jsonl files only, whatever else is in the folder.',
    commands: ['backup', 'doctor'],
  },
} as const satisfies FlagSpecs

export type Flags = typeof flags

/** The first line of every dump. */
export const HEAD = '#jsonl-store 1'

export const FORMAT = { id: 'jsonl-store', extension: 'store' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'jsonl',
  summary: 'Folders of JSON Lines files',
  module: './dist/index.js',
  source: { database: 'file', settings: [] },
  formats: [{ ...FORMAT, magic: Buffer.from(`${HEAD}\n`).toString('hex') }],
  flags,
} as const satisfies EngineDescriptor<Flags>
