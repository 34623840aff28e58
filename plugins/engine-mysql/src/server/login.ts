import type { Host, Secret, Source } from 'dbvault'
import { flags as specs, type Flags } from '../descriptor.ts'
import { hidden } from './hidden.ts'
import { readOptionFile } from './option-file.ts'

export type TlsMode = 'disabled' | 'preferred' | 'required' | 'verify-ca' | 'verify-full'

/** How to reach a server and log in, whichever way the user said so. */
export interface Login {
  readonly host: string
  readonly port: number
  /** In place of host and port. */
  readonly socket?: string
  readonly user: string
  readonly password?: Secret
  /** How long a lock of others is waited for. */
  readonly lockSeconds: number
  /** After how long a silence the server counts as gone. */
  readonly answerSeconds: number
  readonly tls: {
    readonly mode: TlsMode
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
  }
}

const DEFAULT_PORT = 3306

/** Flags stand before the URL, and that before an option file. @throws USAGE, SOURCE_NOT_FOUND */
export async function loginOf(source: Omit<Source<Flags>, 'database'>, host: Host): Promise<Login> {
  const flags: Partial<typeof source.flags> = source.flags
  const url = source.url && parseUrl(source.url, host)
  const file = flags['option-file'] === undefined ? {} : await readOptionFile(flags['option-file'], host)
  const place = source.host === undefined ? {} : parseHost(source.host)
  const socket = flags.socket ?? place.socket ?? (place.host === undefined ? (url?.socket ?? file.socket) : undefined)
  const password = source.password ?? url?.password ?? file.password ?? passwordOfEnvironment()
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags
  return {
    host: place.host ?? url?.host ?? file.host ?? 'localhost',
    port: source.port ?? place.port ?? url?.port ?? file.port ?? DEFAULT_PORT,
    ...(socket !== undefined && { socket }),
    user: source.user ?? url?.user ?? file.user ?? 'root',
    ...(password && { password }),
    lockSeconds: flags['lock-timeout'] ?? specs['lock-timeout'].default,
    answerSeconds: flags['answer-timeout'] ?? specs['answer-timeout'].default,
    tls: {
      mode: flags.tls ?? (socket === undefined ? (ca === undefined ? 'preferred' : 'verify-full') : 'disabled'),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  }
}

/** Read like the core's DBVAULT_PASSWORD, and least of all; no program that is run inherits it. */
function passwordOfEnvironment(): Secret | undefined {
  const text = process.env['MYSQL_PWD']
  return text === undefined || text === '' ? undefined : hidden(text)
}

/** The name of the database, from the flag or else the path of the URL. @throws USAGE */
export function databaseOf(source: Source<Flags>, host: Host): string {
  const name = source.database || (source.url && parseUrl(source.url, host).database)
  if (!name) throw host.error('USAGE', 'No database is named', { hints: ['Name it with --database.'] })
  return name
}

/** For people; without secrets. */
export function placeOf({ host, port, socket }: Login): string {
  return socket ?? `${host}:${port}`
}

/** What must not be seen in anything that a program prints. */
export function secretsOf({ password }: Login): Secret[] {
  return password ? [password] : []
}

/** `host`, `host:port`, `[::1]:port`, or the path of a socket. */
function parseHost(text: string): { host?: string; port?: number; socket?: string } {
  if (text.startsWith('/')) return { socket: text }
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) return { host: text }
  return match?.[3] === undefined ? { host } : { host, port: Number(match[3]) }
}

interface Url {
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly password?: Secret
  readonly database?: string
  readonly socket?: string
}

/** `mysql://user:password@host:port/database?socket=/path`, with anything but letters and digits percent-encoded. */
function parseUrl(secret: Secret, host: Host): Url {
  let url: URL
  let part: (text: string) => string
  try {
    url = new URL(secret.reveal())
    part = decodeURIComponent
    for (const text of [url.username, url.password, url.pathname, url.hostname]) part(text)
  } catch {
    // The cause would quote the URL.
    throw host.error('USAGE', 'The URL of the server cannot be read', {
      hints: ['It looks like mysql://user:password@host:3306/database; percent-encode what is not a letter or digit.'],
    })
  }
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw host.error('USAGE', 'The URL of the server begins neither with mysql:// nor with mariadb://')
  }
  const socket = url.searchParams.get('socket')
  const password = part(url.password)
  const database = part(url.pathname.slice(1))
  return {
    ...(url.hostname !== '' && { host: part(url.hostname).replace(/^\[(.*)\]$/, '$1') }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.username !== '' && { user: part(url.username) }),
    ...(password !== '' && { password: hidden(password) }),
    ...(database !== '' && { database }),
    ...(socket !== null && { socket }),
  }
}
