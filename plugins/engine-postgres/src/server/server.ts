import type { Host, Secret, Source } from 'dbvault'
import { userInfo } from 'node:os'
import type { Flags } from '../descriptor.ts'
import { flags as specs } from '../descriptor.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { fromEnvironment } from './environment.ts'

export type SslMode = (typeof specs.sslmode.options)[number]

/** One server, and who logs in there. */
export interface Server {
  /** A host name, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: Secret
  readonly tls: Tls
  readonly maintenanceDatabase: string
  /** Seconds. */
  readonly lockTimeout: number
}

export interface Tls {
  readonly mode: SslMode
  readonly rootCert?: string
  readonly cert?: string
  readonly key?: string
}

export interface Place {
  readonly server: Server
  readonly database: string
}

/** What can be said of a connection; each of its sources may leave something out. */
export interface Settings {
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly password?: Secret
  readonly database?: string
  readonly sslmode?: SslMode
  readonly rootCert?: string
  readonly cert?: string
  readonly key?: string
}

/** The places that Debian, Red Hat and macOS have the socket at. */
const LOCAL = 'localhost'
const DEFAULT_PORT = 5432

/**
 * Where a source or target is: what was given, then what the connection URL says, then, if asked for, the environment
 * that libpq would read.
 * @throws USAGE
 */
export async function placeOf(source: Source<Flags>, host: Host): Promise<Place> {
  const { flags } = source
  const given = definedOnly({
    ...splitHost(source.host, source.port, host),
    user: source.user,
    password: source.password,
    database: source.database === '' ? undefined : source.database,
    rootCert: flags['ssl-root-cert'],
    cert: flags['ssl-cert'],
    key: flags['ssl-key'],
  })
  const ofUrl = source.url === undefined ? {} : parseConnectionUrl(source.url.reveal(), host)
  let known: Settings = { ...ofUrl, ...given }
  if (flags['use-environment']) known = { ...(await fromEnvironment(known, host)), ...known }
  const user = known.user ?? userInfo().username
  // The default of the flag gives way to what a URL or the environment says.
  const chosen = flags.sslmode !== undefined && flags.sslmode !== specs.sslmode.default ? flags.sslmode : undefined
  const mode = chosen ?? known.sslmode ?? specs.sslmode.default
  const { rootCert, cert, key } = known
  if (mode.startsWith('verify-') && rootCert === undefined) {
    throw host.error('USAGE', `TLS mode ${mode} needs the certificate of the authority that the server is verified by`, {
      hints: ['Name it with --postgres-ssl-root-cert.'],
    })
  }
  const password = known.password ?? passwordOfEnvironment()
  return {
    server: {
      host: known.host ?? LOCAL,
      port: known.port ?? DEFAULT_PORT,
      user,
      ...(password && { password }),
      tls: { mode, ...definedOnly({ rootCert, cert, key }) },
      maintenanceDatabase: flags['maintenance-database'] ?? specs['maintenance-database'].default,
      lockTimeout: flags['lock-timeout'] ?? specs['lock-timeout'].default,
    },
    database: known.database ?? user,
  }
}

/** For people; no secret. */
export function nameOf({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

export function isSocket({ host }: Pick<Server, 'host'>): boolean {
  return host.startsWith('/')
}

/** A password, wherever else it came from. Shows as little as the core's own. */
export function secretOf(text: string): Secret {
  return Object.freeze({ reveal: () => text, toString: () => '[secret]', toJSON: () => '[secret]' })
}

/** Read like the core's DBVAULT_PASSWORD; no child inherits it. */
function passwordOfEnvironment(): Secret | undefined {
  const text = process.env['PGPASSWORD']
  return text === undefined || text === '' ? undefined : secretOf(text)
}

/** `host`, `host:port`, `[::1]:port`, or a directory. */
function splitHost(text: string | undefined, port: number | undefined, host: Host): Settings {
  if (text === undefined || text.startsWith('/')) return definedOnly({ host: text, port })
  const match = /^(?:\[([^\]]+)\]|([^:]+)|([0-9a-f:.%a-z]*:[0-9a-f:.%a-z]*:[0-9a-f:.%a-z]*))(?::(\d+))?$/i.exec(text)
  if (!match) throw host.error('USAGE', `${JSON.stringify(text)} is not a host, host:port or directory of a socket`)
  const name = match[1] ?? match[2] ?? match[3]
  return definedOnly({ host: name, port: port ?? (match[4] === undefined ? undefined : Number(match[4])) })
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

export function definedOnly<T extends object>(settings: T): Defined<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Defined<T>
}
