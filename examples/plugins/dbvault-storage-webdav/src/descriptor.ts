import type { FlagSpecs, StorageDescriptor } from 'dbvault'

const flags = {
  url: { type: 'string', summary: 'Address of the server, such as https://host/dav/.', required: true },
  // With these two roles dbvault reads and prints addresses: webdav://folder/key.
  folder: {
    type: 'string',
    summary: 'Folder on the server to keep the backups in.',
    required: true,
    role: 'container',
  },
  key: { type: 'string', summary: 'Name of the object; with a / at its end a prefix.', role: 'key' },
  user: { type: 'string', summary: 'User to log in as.' },
  password: { type: 'string', summary: 'Password of the user.', secret: true },
} as const satisfies FlagSpecs

export type Flags = typeof flags

/** `describe.js` copies it to package.json. */
export const descriptor = {
  contract: 1,
  kind: 'storage',
  name: 'webdav',
  summary: 'Folders on a WebDAV server',
  module: './dist/index.js',
  schemes: ['webdav'],
  flags,
} as const satisfies StorageDescriptor<Flags>
