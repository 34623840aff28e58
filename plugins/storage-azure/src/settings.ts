import type { FlagValues, Host } from 'dbvault'
import type { Flags } from './descriptor.ts'

export interface Settings {
  readonly container: string
  readonly login: Login
  readonly tier: 'Hot' | 'Cool' | 'Cold' | undefined
}

/** One of the ways to a storage account. `url` is that of its blob service. */
export type Login =
  | { readonly kind: 'connection string'; readonly text: string }
  | { readonly kind: 'key'; readonly url: string; readonly account: string; readonly key: string }
  | { readonly kind: 'signature'; readonly url: string; readonly sas: string }
  | { readonly kind: 'identity'; readonly url: string }

/** Says what can be said of the flags without asking anybody. @throws USAGE; no message holds a secret */
export function settingsOf(flags: FlagValues<Flags>, host: Host): Settings {
  const { container, tier } = flags
  const usage = (message: string, ...hints: string[]): Error => host.error('USAGE', message, { hints })
  if (!/^(\$root|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(container)) {
    throw usage(
      `${JSON.stringify(container)} cannot be the name of a container`,
      'It has 3 to 63 small letters, digits and single dashes. What comes after the container is --azure-blob.',
    )
  }
  return { container, login: loginOf(flags, usage), tier }
}

type Usage = (message: string, ...hints: string[]) => Error

function loginOf(flags: FlagValues<Flags>, usage: Usage): Login {
  const { 'conn-str': connection, account, 'account-key': key, sas } = flags
  if (connection !== undefined) {
    if (!/(^|;)\s*(AccountName|BlobEndpoint|UseDevelopmentStorage)=/i.test(connection)) {
      throw usage(
        'What was given as the connection string is none',
        'It is under "Access keys" of the storage account: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…',
      )
    }
    return { kind: 'connection string', text: connection }
  }
  const url = serviceUrl(flags, usage)
  if (sas !== undefined) return { kind: 'signature', url, sas: sas.replace(/^\?/, '') }
  if (key === undefined) return { kind: 'identity', url }
  if (account === undefined) throw usage('--azure-account-key goes with --azure-account')
  return { kind: 'key', url, account, key }
}

function serviceUrl({ account, endpoint }: FlagValues<Flags>, usage: Usage): string {
  if (endpoint !== undefined) {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
    if (url?.search) throw usage('--azure-endpoint takes no signature', 'Give it with --azure-sas.')
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.hash) {
      throw usage(
        '--azure-endpoint has to be the URL of a blob service',
        'Such as https://backups.blob.core.windows.net.',
      )
    }
    return endpoint.replace(/\/$/, '')
  }
  if (account === undefined) {
    throw usage(
      'The storage account is not known',
      'Give a connection string (AZURE_STORAGE_CONNECTION_STRING), or the name of the account with --azure-account.',
    )
  }
  if (!/^[a-z0-9]{3,24}$/.test(account)) {
    throw usage(`${JSON.stringify(account)} cannot be the name of a storage account`)
  }
  return `https://${account}.blob.core.windows.net`
}
