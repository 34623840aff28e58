import type { Host } from 'dbvault'
import { readFile } from 'node:fs/promises'
import { createConnection, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import mysql from 'mysql2'
import type { Login } from './login.ts'
import { isServerError, serverError } from './server-error.ts'

export type Cell = string | number | Buffer | null
export type Row = Readonly<Record<string, Cell>>

/** One connection to a server. Every wait on it ends when the host's signal aborts. */
export interface Session extends AsyncDisposable {
  readonly id: number
  /** How it was reached: `preferred` encryption has become either `required` or `disabled`. */
  readonly login: Login
  /** Numbers that do not fit, dates and decimals come as text. @throws the server's own error, to be given a meaning */
  rows(sql: string): Promise<Row[]>
  run(sql: string): Promise<void>
  /** The first column of the first row. */
  value(sql: string): Promise<Cell>
}

/**
 * For how long a session may have nothing to do, the most that servers of every system take: one may have to wait for days
 * until another has read or loaded all. What is cut off is found by keep-alives long before.
 */
export const IDLE_SECONDS = 2_147_483
/** Of silence, until a keep-alive goes out: what stands between forgets connections after a few minutes. */
const KEEP_ALIVE_MS = 30_000
const CONNECT_TIMEOUT_MS = 15_000
/** A statement that runs on in the server after its client has left would keep its locks. */
const KILL_TIMEOUT_MS = 3_000

/**
 * Connects and puts the session into a known state: what the server's own configuration says about modes, time zone
 * and time limits changes what a query returns.
 * `charset` is what statements are sent in: an object remembers in which one it was made.
 * @throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_NOT_FOUND
 */
export async function connect(login: Login, host: Host, database?: string, charset = 'utf8mb4'): Promise<Session> {
  const session = await open(login, host, database, charset)
  try {
    await session.run(
      `SET SESSION sql_mode = '', time_zone = '+00:00', autocommit = 1, sql_quote_show_create = 1, wait_timeout = ${IDLE_SECONDS}`,
    )
    await session.run(`SET SESSION lock_wait_timeout = ${login.lockSeconds}`)
    await session.run('SET SESSION net_write_timeout = 3600, net_read_timeout = 3600')
    // The one is MariaDB's, the other MySQL's.
    await session
      .run('SET SESSION max_statement_time = 0')
      .catch(() => session.run('SET SESSION max_execution_time = 0'))
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw serverError(host, login, error)
  }
}

async function open(login: Login, host: Host, database?: string, charset = 'utf8mb4'): Promise<Session> {
  host.signal.throwIfAborted()
  const tls = await tlsOptions(login, host)
  const attempt = (encrypted: boolean): Promise<mysql.Connection> =>
    start(
      {
        ...(login.socket === undefined ? { host: login.host, port: login.port } : { socketPath: login.socket }),
        ...(login.tls.mode === 'verify-full' && isIP(login.host) !== 0 && { stream: () => namedSocket(login) }),
        user: login.user,
        ...(login.password && { password: login.password.reveal() }),
        ...(database !== undefined && { database }),
        ...(encrypted && tls && { ssl: tls }),
        charset,
        connectTimeout: CONNECT_TIMEOUT_MS,
        supportBigNumbers: true,
        bigNumberStrings: true,
        dateStrings: true,
        // Text of a view or routine may hold bytes that are no UTF-8.
        typeCast: true,
        enableKeepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
      },
      host.signal,
    )
  try {
    let encrypted = tls !== undefined
    const connection = await attempt(true).catch((error: unknown) => {
      if (login.tls.mode !== 'preferred' || !withoutTls(error)) throw error
      encrypted = false
      return attempt(false)
    })
    const settled = { ...login.tls, mode: encrypted ? ('required' as const) : ('disabled' as const) }
    return sessionOf(connection, login.tls.mode === 'preferred' ? { ...login, tls: settled } : login, host)
  } catch (error) {
    throw serverError(host, login, error)
  }
}

/**
 * A socket that says which address it goes to: the driver names none for TLS when it is not a host name, and the certificate
 * would be looked through for "localhost".
 */
function namedSocket({ host, port }: Login): Socket {
  const socket = createConnection({ host, port, keepAlive: true, noDelay: true })
  return Object.assign(socket, { _host: host })
}

function start(options: mysql.ConnectionOptions, signal: AbortSignal): Promise<mysql.Connection> {
  return new Promise((resolve, reject) => {
    const connection = mysql.createConnection(options)
    const end = (error: Error): void => {
      signal.removeEventListener('abort', abort)
      connection.destroy()
      reject(error)
    }
    const abort = (): void => end(signal.reason as Error)
    signal.addEventListener('abort', abort)
    connection.on('error', () => {})
    connection.connect((error) => {
      if (error) return end(error)
      signal.removeEventListener('abort', abort)
      resolve(connection)
    })
  })
}

function sessionOf(connection: mysql.Connection, login: Login, host: Host): Session {
  let busy = false
  let closed = false
  let lost: Error | undefined
  // Of a session that was ended while it had nothing to do; the driver says to the next statement only that it is closed.
  connection.on('error', (error: Error) => (lost ??= error))

  const query = <T>(sql: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (closed) return reject(new Error('The connection was closed'))
      const { signal } = host
      if (signal.aborted) return reject(signal.reason as Error)
      if (lost) return reject(lost)
      const finish = (settle: () => void): void => {
        busy = false
        signal.removeEventListener('abort', abort)
        connection.removeListener('error', fail)
        settle()
      }
      const fail = (error: Error): void => finish(() => reject(error))
      const abort = (): void => {
        signal.removeEventListener('abort', abort)
        reject(signal.reason as Error) // `busy` stays: closing has to end the statement.
      }
      busy = true
      signal.addEventListener('abort', abort)
      connection.on('error', fail)
      connection.query(sql, (error, result) => (error ? fail(error) : finish(() => resolve(result as T))))
    })

  return {
    id: connection.threadId ?? 0,
    login,
    rows: (sql) => query<Row[]>(sql),
    async run(sql) {
      await query(sql)
    },
    async value(sql) {
      const [row] = await query<Row[]>(sql)
      return row === undefined ? null : (Object.values(row)[0] ?? null)
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      if (busy) await kill(connection.threadId ?? 0, login, host)
      else await quit(connection)
      connection.destroy()
    },
  }
}

/** Waits until the server has closed its side too, so that its session is gone when we say so. */
function quit(connection: mysql.Connection): Promise<void> {
  return new Promise((resolve) => {
    // The connection itself does not tell when it is encrypted.
    const { stream } = connection as unknown as { readonly stream: Duplex }
    if (stream.destroyed || stream.readableEnded) return resolve()
    const timer = setTimeout(resolve, KILL_TIMEOUT_MS)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    stream.once('end', done)
    stream.once('close', done)
    connection.once('error', done)
    connection.end(() => {})
  })
}

async function kill(id: number, login: Login, host: Host): Promise<void> {
  const cleanup: Host = { ...host, signal: AbortSignal.timeout(KILL_TIMEOUT_MS) }
  try {
    await using session = await open(login, cleanup)
    await session.run(`KILL ${id}`)
  } catch (error) {
    if (!isServerError(error) && !(error instanceof Error)) throw error
    // The server is gone, or the session is: nothing is left to be ended.
  }
}

async function tlsOptions({ tls, host: server }: Login, host: Host): Promise<mysql.SslOptions | undefined> {
  if (tls.mode === 'disabled') return undefined
  const read = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined
      ? undefined
      : await readFile(path, 'utf8').catch((cause: unknown) => {
          throw host.error('USAGE', `${path} cannot be read`, { cause })
        })
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)])
  const verifies = tls.mode === 'verify-ca' || tls.mode === 'verify-full'
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: verifies,
    verifyIdentity: tls.mode === 'verify-full' && server !== '',
  }
}

function withoutTls(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT'
}
