import type { FlagValues, Host, Storage } from 'dbvault'
import { connect } from './client.ts'
import type { Flags } from './descriptor.ts'
import { Bucket } from './bucket.ts'
import { settingsOf } from './settings.ts'
import { S3Storage } from './storage.ts'

/** Contacts nothing: credentials are looked for by the first request. @throws USAGE */
export async function open(flags: FlagValues<Flags>, host: Host): Promise<Storage> {
  const settings = settingsOf(flags, host)
  const client = await connect(settings, host)
  return new S3Storage(new Bucket(client, settings), settings)
}
