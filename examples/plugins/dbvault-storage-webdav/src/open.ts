import type { FlagValues, Host, Storage } from 'dbvault'
import { Client } from './client.ts'
import type { Flags } from './descriptor.ts'
import { WebdavStorage } from './storage.ts'

/** Checks what can be checked without the network. @throws USAGE */
export async function open({ url, folder, user, password }: FlagValues<Flags>, host: Host): Promise<Storage> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    // The text itself may hold a password, so it is not repeated.
    throw host.error('USAGE', '--webdav-url is not an address that begins with http:// or https://')
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw host.error('USAGE', '--webdav-url holds a login', {
      hints: ['Give the user with --webdav-user, and the password in DBVAULT_WEBDAV_PASSWORD.'],
    })
  }
  const name = folder.replace(/^\/+|\/+$/g, '')
  host.assertObjectKey(name)
  return new WebdavStorage(new Client(parsed, name, user, password), name)
}
