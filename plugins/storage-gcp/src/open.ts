import type { FlagValues, Host, Storage } from 'dbvault'
import { Bucket } from './bucket.ts'
import { connect } from './client.ts'
import type { Flags } from './descriptor.ts'
import { settingsOf } from './settings.ts'
import { GcpStorage } from './storage.ts'

/** Contacts nothing: credentials are looked for by the first request. @throws USAGE */
export async function open(flags: FlagValues<Flags>, host: Host): Promise<Storage> {
  const settings = settingsOf(flags, host)
  return new GcpStorage(new Bucket(connect(settings), settings), settings.ofObjects)
}
