import type { EngineDescriptor, FlagSpecs } from 'dbvault'

/** The flag `skip-empty` is `--template-skip-empty` and `DBVAULT_TEMPLATE_SKIP_EMPTY`. */
const flags = {
  'skip-empty': { type: 'boolean', summary: 'Leave out empty lines.', commands: ['backup'] },
} as const satisfies FlagSpecs

export type Flags = typeof flags

/** The first line of every dump. */
export const HEAD = '#template 1\n'

export const FORMAT = { id: 'template-text', extension: 'txt' } as const

/** `describe.js` copies it to package.json. */
export const descriptor = {
  contract: 1,
  kind: 'engine',
  name: 'template',
  summary: 'Text files, a row a line',
  module: './dist/index.js',
  // Settings that are not listed are refused with a clear error. A server has ['host', 'port', 'user', 'password', 'url'].
  source: { database: 'file', settings: [] },
  // The id stands in manifests for ever. By the magic bytes a dump without a manifest is recognised.
  formats: [{ ...FORMAT, magic: Buffer.from(HEAD).toString('hex') }],
  flags,
} as const satisfies EngineDescriptor<Flags>
