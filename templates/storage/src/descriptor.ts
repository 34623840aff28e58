import type { FlagSpecs, StorageDescriptor } from 'dbvault'

/** The flag `folder` is `--template-folder` and `DBVAULT_TEMPLATE_FOLDER`. */
const flags = {
  // With these two roles dbvault reads and prints addresses: template://folder/key.
  folder: { type: 'string', summary: 'Folder to keep the backups in.', required: true, role: 'container' },
  key: { type: 'string', summary: 'Name of the object; with a / at its end a prefix.', role: 'key' },
} as const satisfies FlagSpecs

export type Flags = typeof flags

/** `describe.js` copies it to package.json. */
export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 'template',
  summary: 'Folders of template',
  module: './dist/index.js',
  schemes: ['template'],
  flags,
} as const satisfies StorageDescriptor<Flags>
