import type { EngineDescriptor, FlagSpecs, Source } from 'dbvault'

export const flags = {
  'busy-timeout': {
    type: 'integer',
    summary: 'How many milliseconds to wait for a lock that another process holds',
    min: 0,
    max: 600_000,
    default: 10_000,
    commands: ['backup', 'restore', 'doctor'],
  },
} as const satisfies FlagSpecs

/** The only format: the file itself, page by page, as SQLite's online backup wrote it. */
export const format = { id: 'sqlite', extension: 'db' } as const

export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'sqlite',
  summary: 'SQLite 3 database files',
  module: './dist/index.js',
  flags,
  source: { database: 'file', settings: [] },
  formats: [{ ...format, magic: '53514c69746520666f726d6174203300' }],
} as const satisfies EngineDescriptor<typeof flags>

export type Flags = typeof flags

/** Milliseconds to wait for a lock. Who calls the engine as a library may leave flags out. */
export function patienceOf({ flags: given }: Source<Flags>): number {
  const { 'busy-timeout': chosen }: Partial<typeof given> = given
  return chosen ?? flags['busy-timeout'].default
}
