import { resolve } from 'node:path'
import type { FlagValues, Host, Storage } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { FolderStorage } from './storage.ts'

/** Checks what can be checked without touching anything. */
export async function open({ folder }: FlagValues<Flags>, host: Host): Promise<Storage> {
  if (folder === '') throw host.error('USAGE', '--template-folder is empty')
  return new FolderStorage(resolve(folder))
}
