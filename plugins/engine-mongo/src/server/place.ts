import type { Host, Secret, Source } from 'dbvault'
import type { MongoClientOptions } from 'mongodb'
import type { Flags } from '../descriptor.ts'

/** A deployment of MongoDB, how to get in there, and the database in question. */
export interface Place {
  /** For people; no secret. */
  readonly name: string
  readonly url: Secret
  readonly options: MongoClientOptions
  readonly database: string
  readonly parallel: number
}

const LOCAL = 'localhost'
const DEFAULT_PORT = 27017
const FORM = 'It has this form: mongodb://user:password@host:port/database'
/** Scheme, user and password, hosts, database. What is in it otherwise, the driver knows. */
const URL_FORM = /^(mongodb(?:\+srv)?):\/\/(?:[^@/?]*@)?([^@/?]+)(?:\/([^?]*))?(?:\?.*)?$/s

/**
 * Where a source or target is: what was given, then what the connection URL says.
 * @throws USAGE, quoting nothing of the URL
 */
export function placeOf(source: Source<Flags>, host: Host): Place {
  const { flags } = source
  const ofUrl = source.url && partsOf(source.url.reveal(), host)
  if (ofUrl && (source.host !== undefined || source.port !== undefined)) {
    throw host.error('USAGE', 'The connection URL says which server it is; no host or port can be named beside it')
  }
  const servers = ofUrl?.servers ?? hostsOf(source.host, source.port, host)
  const database = source.database === '' ? (ofUrl?.database ?? '') : source.database
  const user = source.user ?? (source.password && '')
  const options: MongoClientOptions = {
    ...(user !== undefined && { auth: { username: user, password: source.password?.reveal() ?? '' } }),
    ...defined('authSource', flags['auth-source']),
    ...defined('authMechanism', flags['auth-mechanism']),
    ...defined('tls', flags.tls),
    ...defined('tlsCAFile', flags['tls-ca-file']),
    ...defined('tlsCertificateKeyFile', flags['tls-certificate-key-file']),
    ...defined('tlsInsecure', flags['tls-insecure']),
    ...defined('replicaSet', flags['replica-set']),
    ...defined('directConnection', flags.direct),
  }
  return {
    name: servers,
    url: source.url ?? { reveal: () => `mongodb://${servers}/` },
    options: withoutEmptyUser(options),
    database,
    parallel: flags.parallel ?? 4,
  }
}

/** @throws USAGE when no database was named at all */
export function requireDatabase(place: Place, host: Host): string {
  const { database } = place
  const problem = database === '' ? 'No database is named' : nameProblem(database)
  if (problem === undefined) return database
  throw host.error('USAGE', problem, database === '' ? { hints: ['Name it with -D, or in the connection URL.'] } : {})
}

/** What no server accepts as the name of a database. */
function nameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) > 63) return 'The name of a database can have 63 bytes at most'
  const bad = /[/\\. "$*<>:|?\0]/.exec(name)?.[0]
  return bad === undefined ? undefined : `The name of a database cannot hold ${JSON.stringify(bad)}`
}

function partsOf(url: string, host: Host): { servers: string; database?: string } {
  const match = URL_FORM.exec(url)
  // What follows a / that is not written as %2F would be taken for a database.
  if (match === null || /[@/]/.test(match[3] ?? '')) {
    const why = /^mongodb(\+srv)?:\/\//.test(url)
      ? 'in its user or password a character such as @ or / is not written as % and two hex digits'
      : 'it is not a mongodb:// URL'
    throw host.error('USAGE', `The connection URL cannot be used: ${why}`, { hints: [FORM] })
  }
  const [, , servers = '', database = ''] = match
  try {
    return { servers: decodeURIComponent(servers), ...(database !== '' && { database: decodeURIComponent(database) }) }
  } catch {
    throw host.error('USAGE', 'The connection URL cannot be used: a % in it is not followed by two hex digits', {
      hints: [FORM],
    })
  }
}

/** `host`, `host:port`, `[::1]:port`, several of them with commas between, or the path of a socket. */
function hostsOf(text: string | undefined, port: number | undefined, host: Host): string {
  if (text === undefined) return `${LOCAL}:${port ?? DEFAULT_PORT}`
  if (text.startsWith('/')) return encodeURIComponent(text)
  return text
    .split(',')
    .map((each) => {
      const match = /^(\[[0-9a-f:.%]+\]|[^:[\]@/?\s]+)(?::(\d+))?$/i.exec(each)
      const bare = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(each) ? `[${each}]` : match?.[1]
      if (bare === undefined) {
        throw host.error('USAGE', `${JSON.stringify(text)} is not a host, host:port or path of a socket`)
      }
      return `${bare}:${match?.[2] ?? port ?? DEFAULT_PORT}`
    })
    .join(',')
}

/** With a certificate, there need not be a user. */
function withoutEmptyUser({ auth, ...options }: MongoClientOptions): MongoClientOptions {
  if (auth === undefined || auth.username === '') return options
  return { ...options, auth }
}

function defined<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>)
}
