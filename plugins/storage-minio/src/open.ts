import type { FlagValues, Host, Storage } from 'dbvault'
import { Bucket } from './bucket.ts'
import type { Flags } from './descriptor.ts'
import { settingsOf } from './settings.ts'
import { MinioStorage } from './storage.ts'

/** Contacts nothing. @throws USAGE */
export async function open(flags: FlagValues<Flags>, host: Host): Promise<Storage> {
  return new MinioStorage(new Bucket(settingsOf(flags, host)))
}
