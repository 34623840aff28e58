import type { Host, Secret, Source } from 'dbvault'
import { flags as specs, type Flags } from '../descriptor.ts'
import { secretOf } from './secret-of.ts'
import type { Address, Server, Tls } from './server.ts'

const PORT = 6379
const SENTINEL_PORT = 26_379
const ALL = 'all'

/** Which of the logical databases. */
export type Which = typeof ALL | number

/** Where a source or target is, as the user says it. */
export interface Place {
  readonly server: Server
  readonly which: Which
  readonly sentinels?: Sentinels
}

/** Those who know which server is the master at the moment. */
export interface Sentinels {
  readonly master: string
  readonly servers: readonly Server[]
}

interface Settings {
  readonly address?: Address
  readonly user?: string
  readonly password?: Secret
  readonly database?: string
  readonly tls?: boolean
}

/** What was given, then what the connection URL says. @throws USAGE */
export function placeOf(source: Source<Flags>, host: Host): Place {
  const { flags } = source
  const ofUrl = source.url === undefined ? {} : parseUrl(source.url.reveal(), host)
  const password = source.password ?? ofUrl.password ?? passwordOfEnvironment()
  const user = source.user ?? ofUrl.user
  const tls = tlsOf(flags, ofUrl.tls ?? false, host)
  const idleMs = (flags['idle-timeout'] ?? specs['idle-timeout'].default) * 1000
  const common = { idleMs, ...(tls && { tls }) }
  const login = { ...(user !== undefined && { user }), ...(password && { password }) }
  const which = whichOf(source.database === '' ? ofUrl.database : source.database, host)
  const { sentinel } = flags
  if (sentinel === undefined) {
    const address = source.host === undefined ? ofUrl.address : addressOf(source.host, source.port, PORT, host)
    const otherwise = { host: 'localhost', port: source.port ?? PORT }
    return { server: { address: withPort(address ?? otherwise, source), ...common, ...login }, which }
  }
  const named = (source.host ?? 'localhost').split(',').map((text) => text.trim())
  const atSentinels = {
    ...(flags['sentinel-user'] !== undefined && { user: flags['sentinel-user'] }),
    ...(flags['sentinel-password'] !== undefined && { password: secretOf(flags['sentinel-password']) }),
  }
  const servers = named.map((text) => ({
    address: addressOf(text, source.port, SENTINEL_PORT, host),
    ...common,
    ...atSentinels,
  }))
  const [first] = servers
  if (first === undefined) throw host.error('USAGE', '--host names no Sentinel')
  // Which server it is the Sentinels say; only who logs in there is known.
  return { server: { address: first.address, ...common, ...login }, which, sentinels: { master: sentinel, servers } }
}

/** A port that was given holds, also where the URL or its default says another. */
function withPort(address: Address, { port }: Source<Flags>): Address {
  return port === undefined || 'path' in address ? address : { ...address, port }
}

function whichOf(text: string | undefined, host: Host): Which {
  if (text === undefined || text === '' || text === ALL) return ALL
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw host.error('USAGE', `${JSON.stringify(text)} is no logical database of Redis`, {
    hints: ['Databases have numbers, most often 0 to 15: --database 0. All of them: --database all'],
  })
}

function passwordOfEnvironment(): Secret | undefined {
  const text = process.env['REDISCLI_AUTH']
  return text === undefined || text === '' ? undefined : secretOf(text)
}

function tlsOf(flags: Source<Flags>['flags'], ofUrl: boolean, host: Host): Tls | undefined {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags
  if ((cert === undefined) !== (key === undefined)) {
    throw host.error('USAGE', 'A client certificate needs its key: --redis-tls-cert and --redis-tls-key go together')
  }
  if (flags.tls !== true && !ofUrl && ca === undefined && cert === undefined) return undefined
  const verify = flags['tls-verify'] ?? true
  return {
    verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/** `host`, `host:port`, `[::1]:port`, or the path of a Unix socket. */
function addressOf(text: string, port: number | undefined, otherwise: number, host: Host): Address {
  if (text.startsWith('/')) return { path: text }
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)|([0-9a-f:.%a-z]*:[0-9a-f:.%a-z]*:[0-9a-f:.%a-z]*))(?::(\d+))?$/i.exec(text)
  const name = match?.[1] ?? match?.[2] ?? match?.[3]
  if (match === null || name === undefined) {
    throw host.error('USAGE', `${JSON.stringify(text)} is not a host, host:port or path of a socket`)
  }
  return { host: name, port: port ?? (match[4] === undefined ? otherwise : Number(match[4])) }
}

/**
 * `redis://user:password@host:port/database`, `rediss://…` with TLS, `unix:///path/of.sock?db=0`; the schemes `valkey` and
 * `valkeys` mean the same. @throws USAGE, quoting nothing of the URL
 */
function parseUrl(text: string, host: Host): Settings {
  const refuse = (why: string): Error =>
    host.error('USAGE', `The connection URL cannot be used: ${why}`, {
      hints: [
        'It has this form: redis://user:password@host:port/0, or rediss:// for TLS, or unix:///path/of.sock?db=0',
      ],
    })
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw refuse('it is not a URL')
  const scheme = url.protocol.slice(0, -1)
  const login = {
    ...(url.username !== '' && { user: decoded(url.username, refuse) }),
    ...(url.password !== '' && { password: secretOf(decoded(url.password, refuse)) }),
  }
  const db = url.searchParams.get('db') ?? undefined
  if (scheme === 'unix' || scheme === 'redis+unix') {
    return { ...login, address: { path: decoded(url.pathname, refuse) }, ...(db !== undefined && { database: db }) }
  }
  if (!['redis', 'rediss', 'valkey', 'valkeys'].includes(scheme)) throw refuse('its scheme is not one of Redis')
  const database = db ?? decoded(url.pathname.slice(1), refuse)
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    ...login,
    tls: scheme.endsWith('s') && scheme !== 'redis',
    address: {
      host: name === '' ? 'localhost' : decoded(name, refuse),
      port: url.port === '' ? PORT : Number(url.port),
    },
    ...(database !== '' && { database }),
  }
}

function decoded(text: string, refuse: (why: string) => Error): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse('a percent sign in it is not followed by two hexadecimal digits')
  }
}
