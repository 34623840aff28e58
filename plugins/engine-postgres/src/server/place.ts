import type { Host, Secret, Source } from 'dbvault'
import { userInfo } from 'node:os'
import { flags as specs, type Flags } from '../descriptor.ts'
import { parseConnectionUrl } from './connection-url.ts'
import { fromEnvironment } from './environment.ts'
import { definedOnly, secretOf, type Place, type Settings } from './server.ts'

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
    throw host.error(
      'USAGE',
      `TLS mode ${mode} needs the certificate of the authority that the server is verified by`,
      {
        hints: ['Name it with --postgres-ssl-root-cert.'],
      },
    )
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
