import type { StoragePlugin } from 'dbvault'
import { descriptor, type Flags } from './descriptor.ts'
import { open } from './open.ts'

export default { descriptor, open } satisfies StoragePlugin<Flags>
