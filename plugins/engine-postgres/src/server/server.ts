import type { Secret } from 'dbvault'
import type { flags } from '../descriptor.ts'

export type SslMode = (typeof flags.sslmode.options)[number]

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

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

export function definedOnly<T extends object>(settings: T): Defined<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Defined<T>
}
