import type { Host } from 'dbvault'
import pg from 'pg'
import { isSqlState, serverError, sqlState } from './server-error.ts'
import type { Server } from './server.ts'
import { Submission, type CopyIn } from './submission.ts'
import { tlsOptions } from './tls.ts'

const CONNECT_MS = 10_000
const CANCEL_MS = 3_000

/**
 * The same on the source and on whatever was restored, so that equal rows are equal texts, and nothing that was set
 * for the role or the database changes what is read.
 */
const FIXED = [
  ['client_encoding', 'UTF8'],
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['xmlbinary', 'base64'],
  ['lc_monetary', 'C'],
  ['search_path', ''],
  ['row_security', 'off'],
  ['statement_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
  ['standard_conforming_strings', 'on'],
] as const

/** The same of what not every server knows. One session stands for a run, and has nothing else to do for hours. */
const NEWER = ['idle_session_timeout', 'transaction_timeout'] as const

export type Row = Readonly<Record<string, unknown>>

/** One connection. On abort the statement that runs is cancelled on the server too, and the signal's reason thrown. */
export class Session implements AsyncDisposable {
  readonly server: Server
  readonly database: string
  readonly #client: pg.Client
  readonly #host: Host
  #running = 0
  #cancelling: Promise<void> | undefined
  #lost: Error | undefined

  private constructor(client: pg.Client, server: Server, database: string, host: Host) {
    this.#client = client
    this.server = server
    this.database = database
    this.#host = host
    // Without a listener an idle connection that breaks would end the process.
    client.on('error', (error: Error) => (this.#lost ??= error))
    host.signal.addEventListener('abort', this.#onAbort)
  }

  /** @throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_NOT_FOUND */
  static async open(server: Server, database: string, host: Host, application = 'dbvault'): Promise<Session> {
    host.signal.throwIfAborted()
    const client = await connect(server, database, host, application)
    const session = new Session(client, server, database, host)
    try {
      await session.settle()
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Sets what has to be the same everywhere, also after statements that were not ours. */
  async settle(): Promise<void> {
    await this.rows(
      `SELECT ${FIXED.map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`).join(', ')}` +
        `, pg_catalog.set_config('lock_timeout', '${this.server.lockTimeout}s', false)`,
    )
    await this.rows(
      `SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = ANY ($1)`,
      [NEWER],
    )
  }

  async rows<T extends Row = Row>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return await this.#guarded(async () => {
      // Without values several statements can stand in one text; the rows of the last are returned.
      const result = await (values.length === 0 ? this.#client.query(text) : this.#client.query(text, [...values]))
      const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult
      return last.rows as T[]
    })
  }

  /**
   * Runs one statement of somebody else's in the bytes that it has, whatever encoding they are in. Rows that it returns are
   * dropped. What the server has against it is thrown as the server says it.
   */
  async run(sql: Uint8Array): Promise<void> {
    await this.#guarded(() => new Submission(this.#client, sql).done(), asTold)
  }

  /** The same for a `COPY … FROM stdin`. Unless it comes to its `end`, the server keeps none of the rows. */
  async copyIn(sql: Uint8Array): Promise<CopyIn> {
    const submission = await this.#guarded(async () => {
      const started = new Submission(this.#client, sql)
      await started.copying()
      return started
    }, asTold)
    return {
      write: (rows) => this.#guarded(() => submission.write(rows), asTold),
      end: () => this.#guarded(() => submission.end(), asTold),
    }
  }

  async #guarded<T>(work: () => Promise<T>, keep: (error: unknown) => boolean = () => false): Promise<T> {
    const { signal } = this.#host
    signal.throwIfAborted()
    if (this.#lost) throw serverError(this.#host, this.server, this.database, this.#lost)
    this.#running++
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      throw keep(error) ? error : serverError(this.#host, this.server, this.database, error)
    } finally {
      this.#running--
    }
  }

  /**
   * As `rows`, in a transaction, without keeping the locks on what is read: there is room for some thousands only, and
   * pg_dump needs it.
   */
  async rowsUnlocked<T extends Row = Row>(text: string): Promise<T[]> {
    await this.rows('SAVEPOINT read')
    const found = await this.rows<T>(text)
    await this.rows('ROLLBACK TO read')
    return found
  }

  async row<T extends Row = Row>(text: string, values: readonly unknown[] = []): Promise<T> {
    const [first] = await this.rows<T>(text, values)
    if (first === undefined) throw this.#host.error('INTERNAL', `A query returned no row: ${text.slice(0, 80)}`)
    return first
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.signal.removeEventListener('abort', this.#onAbort)
    if (this.#running > 0) this.#cancelling ??= this.#cancel()
    await this.#cancelling
    const ended = this.#client.end().catch(() => {})
    if (this.#lost) return
    await Promise.race([ended, after(CANCEL_MS)])
    streamOf(this.#client)?.destroy()
  }

  readonly #onAbort = (): void => {
    if (this.#running > 0) this.#cancelling ??= this.#cancel()
  }

  /** Closing the connection alone would leave the server at work until it has something to send. */
  async #cancel(): Promise<void> {
    const pid = (this.#client as unknown as { processID: number | null }).processID
    const calm: Host = { ...this.#host, signal: AbortSignal.timeout(CANCEL_MS) }
    try {
      const other = await connect(this.server, this.database, calm, 'dbvault')
      await other.query('SELECT pg_catalog.pg_terminate_backend($1)', [pid])
      await other.end()
    } catch {
      // The server is gone, or will notice by itself.
    }
    streamOf(this.#client)?.destroy()
  }
}

async function connect(server: Server, database: string, host: Host, application: string): Promise<pg.Client> {
  const failures: unknown[] = []
  for (const ssl of await tlsOptions(server, host)) {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: server.user,
      database,
      // A function, because of an absent password the driver would look into the environment and ~/.pgpass.
      password: () => server.password?.reveal() ?? '',
      ssl,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: application,
      // Otherwise the driver takes both from the environment.
      options: '-c client_min_messages=warning',
      client_encoding: 'UTF8',
      keepAlive: true,
    })
    client.on('error', () => {})
    const stop = (): void => {
      streamOf(client)?.destroy(new Error('Connection terminated'))
    }
    host.signal.addEventListener('abort', stop)
    try {
      await client.connect()
      host.signal.throwIfAborted()
      return client
    } catch (error) {
      stop()
      host.signal.throwIfAborted()
      failures.push(error)
      if (!mayTryAgain(error)) break
    } finally {
      host.signal.removeEventListener('abort', stop)
    }
  }
  throw serverError(host, server, database, failures.at(-1))
}

/** Of a statement and not of the connection, whose end has codes of its own (classes 08 and 57P). */
function asTold(error: unknown): boolean {
  return isSqlState(error) && !/^(?:08|57P)/.test(sqlState(error) ?? '')
}

/** With sslmode=prefer: no TLS on that server, or no pg_hba.conf entry for one of the two. */
function mayTryAgain(error: unknown): boolean {
  return error instanceof Error && (/SSL/.test(error.message) || ('code' in error && error.code === '28000'))
}

function streamOf(client: pg.Client): { destroy(error?: Error): void } | undefined {
  return (client as unknown as { connection?: { stream?: { destroy(error?: Error): void } } }).connection?.stream
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}
