import type { Host, SecretFile, ToolCall } from 'dbvault'
import type { Server } from '../server/server.ts'

/** What a program of PostgreSQL is run with, and what must outlive it. */
export interface ClientCall extends AsyncDisposable {
  readonly call: ToolCall
}

/**
 * A call of pg_dump, pg_dumpall or pg_restore against a server. The environment is all that the program gets: nothing
 * of PGOPTIONS, PGSERVICE, a client encoding or ~/.pgpass reaches it.
 */
export async function clientCall(
  command: string,
  args: readonly string[],
  { server, database }: { readonly server: Server; readonly database: string },
  host: Host,
): Promise<ClientCall> {
  const password = server.password?.reveal()
  // A password file has lines, so a password with a line end cannot stand in one.
  const inFile = password !== undefined && !/[\r\n]/.test(password)
  const secret = inFile ? await host.secretFile(`*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`) : undefined
  return {
    call: {
      command,
      args: ['--no-password', ...args, '--dbname', `dbname='${database.replaceAll(/[\\']/g, '\\$&')}'`],
      env: { ...environmentFor(server), ...passwordFor(password, secret) },
      ...(secret && { secrets: [secret] }),
      ...(server.password && { redact: [server.password] }),
    },
    async [Symbol.asyncDispose]() {
      await secret?.[Symbol.asyncDispose]()
    },
  }
}

function environmentFor({ host, port, user, tls }: Server): Record<string, string> {
  return {
    LC_ALL: 'C',
    // Messages and files of whoever runs dbvault: none.
    HOME: '/nonexistent',
    PGSYSCONFDIR: '/nonexistent',
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGAPPNAME: 'dbvault',
    PGCONNECT_TIMEOUT: '10',
    PGGSSENCMODE: 'disable',
    PGSSLMODE: tls.mode,
    ...(tls.rootCert !== undefined && { PGSSLROOTCERT: tls.rootCert }),
    ...(tls.cert !== undefined && { PGSSLCERT: tls.cert }),
    ...(tls.key !== undefined && { PGSSLKEY: tls.key }),
  }
}

function passwordFor(password: string | undefined, secret: SecretFile | undefined): Record<string, string> {
  if (secret) return { PGPASSFILE: secret.path(0) }
  // An empty file: without any, the one of the user would be looked for.
  return { PGPASSFILE: '/dev/null', ...(password !== undefined && { PGPASSWORD: password }) }
}
