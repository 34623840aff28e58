import type { Host } from 'dbvault'
import { flags } from '../descriptor.ts'
import { definedOnly, secretOf, type Settings, type SslMode } from './server.ts'

/** Parameters that say nothing about where the database is. */
const IGNORED = new Set([
  'application_name',
  'connect_timeout',
  'target_session_attrs',
  'channel_binding',
  'gssencmode',
])

const NO_HOST = 'unnamed.invalid'

/**
 * A connection URL as libpq knows it: `postgres://user:password@host:port/database?sslmode=require`; a directory as
 * host is percent-encoded or a parameter. See "Connection URIs" in the manual of libpq.
 * @throws USAGE, quoting nothing of the URL but names of parameters
 */
export function parseConnectionUrl(text: string, host: Host): Settings {
  const refuse = (why: string) =>
    host.error('USAGE', `The connection URL cannot be used: ${why}`, {
      hints: ['It has this form: postgres://user:password@host:port/database'],
    })
  // Nothing between the user and the path is a URL to libpq, and the socket or localhost its host.
  const whole = text.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?]|$)/, `$1${NO_HOST}`)
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') throw refuse('it is not a postgres:// URL')
  const decode = (part: string): string | undefined => {
    try {
      return part === '' ? undefined : decodeURIComponent(part)
    } catch {
      throw refuse('a % in it is not followed by two hex digits')
    }
  }
  let settings: Settings = definedOnly({
    host: url.hostname === NO_HOST ? undefined : decode(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    user: decode(url.username),
    password: asSecret(decode(url.password)),
    database: decode(url.pathname.replace(/^\//, '')),
  })
  for (const [name, value] of url.searchParams) {
    if (IGNORED.has(name)) continue
    settings = { ...settings, ...definedOnly(parameter(name, value, refuse)) }
  }
  if (settings.host?.includes(',')) throw refuse('it names several hosts')
  return settings
}

function parameter(name: string, value: string, refuse: (why: string) => Error): Partial<Settings> {
  switch (name) {
    case 'host':
      return { host: value }
    case 'port':
      return { port: Number(value) }
    case 'user':
      return { user: value }
    case 'password':
      return { password: secretOf(value) }
    case 'dbname':
      return { database: value }
    case 'sslmode':
      return { sslmode: sslModeOf(value, refuse) }
    case 'sslrootcert':
      return { rootCert: value }
    case 'sslcert':
      return { cert: value }
    case 'sslkey':
      return { key: value }
    default:
      throw refuse(`the parameter ${JSON.stringify(name)} is not supported`)
  }
}

/** `allow` is `prefer` with the two tries swapped; nothing depends on the order. */
export function sslModeOf(text: string, refuse: (why: string) => Error): SslMode {
  const known = flags.sslmode.options.find((mode) => mode === (text === 'allow' ? 'prefer' : text))
  if (known === undefined) throw refuse('its sslmode is none of libpq')
  return known
}

function asSecret(text: string | undefined): Settings['password'] | undefined {
  return text === undefined ? undefined : secretOf(text)
}
