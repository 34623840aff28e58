import type { FlagValues, Host, Storage } from 'dbvault'
import { connect } from './client.ts'
import { Container } from './container.ts'
import type { Flags } from './descriptor.ts'
import { settingsOf } from './settings.ts'
import { AzureStorage } from './storage.ts'

/** Contacts nothing: an identity is looked for by the first request. @throws USAGE */
export async function open(flags: FlagValues<Flags>, host: Host): Promise<Storage> {
  const { container, login, tier } = settingsOf(flags, host)
  return new AzureStorage(new Container(await connect(login, container, host)), tier)
}
