import type { Host } from 'dbvault'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { MongoClient, type ClientSession, type Document } from 'mongodb'
import type { Place } from './place.ts'
import { serverError } from './server-error.ts'

/** What the connection URL may say otherwise. */
const OPTIONS = {
  appName: 'dbvault',
  serverSelectionTimeoutMS: 10_000,
  connectTimeoutMS: 10_000,
  // A server that is frozen is noticed by its heart, not by its silence: some commands take hours.
  heartbeatFrequencyMS: 5_000,
}
const CLOSE_MS = 1_500
/** A command that was sent is done by the server, whether or not anybody waits for it: an insert makes its collection anew. */
const SETTLE_MS = 3_000
/** A session that is not used for 30 minutes is ended, and with it its cursors. */
const REFRESH_MS = 5 * 60_000

/** What the server says of itself. */
export interface Greeting {
  readonly setName?: string
  readonly me?: string
  readonly msg?: string
  readonly maxWireVersion: number
  readonly localTime: Date
  readonly isWritablePrimary?: boolean
}

/** A connection to a deployment. On abort whatever runs there ends with the signal's reason. */
export class Server implements AsyncDisposable {
  readonly place: Place
  readonly greeting: Greeting
  /** Of the server, such as `7.0.5`. */
  readonly version: string
  readonly product: string
  readonly #opened = performance.now()
  readonly #client: MongoClient
  readonly #host: Host
  readonly #commands = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined
  #lost = false

  private constructor(client: MongoClient, place: Place, host: Host, greeting: Greeting, build: Document) {
    this.#client = client
    this.#host = host
    this.place = place
    this.greeting = greeting
    this.version = String(build['version'] ?? '')
    this.product = productOf(build)
    host.signal.addEventListener('abort', this.#onAbort)
  }

  /** @throws SOURCE_UNREACHABLE, SOURCE_DENIED, USAGE */
  static async open(place: Place, host: Host): Promise<Server> {
    host.signal.throwIfAborted()
    await refuseUnreadable(place, host)
    const client = clientOf(place, host)
    const stop = (): void => void closeClient(client)
    host.signal.addEventListener('abort', stop)
    // The driver would try again and again until its time is over. Whoever called may do so, too.
    let failed: Error | undefined
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const errors = Array.from(newDescription.servers.values(), ({ error }) => error)
      if (errors.length === 0 || errors.includes(null) || opened) return
      failed ??= errors[0] ?? undefined
      stop()
    })
    let opened = false
    try {
      const admin = client.db('admin')
      const greeting = (await admin.command({ hello: 1 })) as unknown as Greeting
      // The first command that only those are answered who have logged in.
      const build = await admin.command({ buildInfo: 1 })
      await admin.command({ connectionStatus: 1 })
      host.signal.throwIfAborted()
      opened = true
      return new Server(client, place, host, greeting, build)
    } catch (error) {
      await closeClient(client)
      host.signal.throwIfAborted()
      throw serverError(host, place.name, failed ?? error)
    } finally {
      host.signal.removeEventListener('abort', stop)
    }
  }

  /** Whether an answer never came: what was asked for may be under way there all the same. */
  get lost(): boolean {
    return this.#lost
  }

  /** The server's time, in milliseconds. */
  now(): number {
    return new Date(this.greeting.localTime).getTime() + (performance.now() - this.#opened)
  }

  /** Runs a command; the options are those of the driver. */
  async command(database: string, command: Document): Promise<Document> {
    return await this.#guarded(async () => {
      const running = this.#client.db(database).command(command)
      this.#commands.add(running)
      try {
        return await running
      } finally {
        this.#commands.delete(running)
      }
    })
  }

  /** Reads what a command gives by a cursor, as it came: some documents at a time. */
  async *read(
    database: string,
    command: Document,
    batchSize: (bytes: number, documents: number) => number = () => 1000,
  ): AsyncGenerator<Buffer[]> {
    this.#host.signal.throwIfAborted()
    // Its own, so that it can be kept alive while nobody takes what was read.
    const session = this.#client.startSession()
    const refreshing = setInterval(() => void this.#refresh(session), REFRESH_MS)
    refreshing.unref()
    const cursor = this.#client.db(database).runCursorCommand(command, { raw: true, session })
    try {
      while (await this.#guarded(() => cursor.hasNext())) {
        const documents = cursor.readBufferedDocuments() as unknown as Uint8Array[]
        const batch = documents.map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length))
        const bytes = batch.reduce((sum, { length }) => sum + length, 0)
        cursor.setBatchSize(batchSize(bytes, batch.length))
        yield batch
      }
      this.#host.signal.throwIfAborted()
    } finally {
      clearInterval(refreshing)
      if (this.#closing === undefined) {
        await within(CLOSE_MS, cursor.close())
        await within(CLOSE_MS, session.endSession())
      }
    }
  }

  /** The same, all at once, for what is small. */
  async readAll(database: string, command: Document): Promise<Buffer[]> {
    const all: Buffer[] = []
    for await (const batch of this.read(database, command)) all.push(...batch)
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.signal.removeEventListener('abort', this.#onAbort)
    await (this.#closing ??= closeClient(this.#client))
  }

  readonly #onAbort = (): void => {
    this.#closing ??= within(SETTLE_MS, Promise.allSettled(this.#commands)).then(() => closeClient(this.#client))
  }

  async #guarded<T>(call: () => Promise<T>): Promise<T> {
    const { signal } = this.#host
    signal.throwIfAborted()
    try {
      const result = await call()
      signal.throwIfAborted()
      return result
    } catch (error) {
      signal.throwIfAborted()
      const meant = serverError(this.#host, this.place.name, error)
      // Nothing is to be said to a server any more that does not answer.
      if (meant instanceof Error && 'code' in meant && meant.code === 'SOURCE_UNREACHABLE') {
        this.#lost = true
        this.#closing ??= closeClient(this.#client)
      }
      throw meant
    }
  }

  async #refresh(session: ClientSession): Promise<void> {
    try {
      await this.#client.db('admin').command({ refreshSessions: [session.id] })
    } catch {
      // The next reading says what is wrong.
    }
  }
}

function clientOf(place: Place, host: Host): MongoClient {
  try {
    const url = place.url.reveal()
    const said = new Set(new URLSearchParams(url.split('?')[1] ?? '').keys())
    const ours = Object.entries({ ...OPTIONS, maxPoolSize: place.parallel * 2 + 4 }).filter(([name]) => !said.has(name))
    return new MongoClient(url, { ...Object.fromEntries(ours), ...place.options })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const quoted = place.options.auth?.password
    const safe =
      /:\/\/|@/.test(said) || (quoted !== undefined && quoted !== '' && said.includes(quoted)) ? '' : `: ${said}`
    throw host.error('USAGE', `The server cannot be connected to like this${safe}`, {
      hints: ['Look at the connection URL and at the flags that begin with --mongo-.'],
    })
  }
}

/** The driver would say only what the system says. */
async function refuseUnreadable({ options }: Place, host: Host): Promise<void> {
  for (const path of [options.tlsCAFile, options.tlsCertificateKeyFile]) {
    if (path === undefined) continue
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw host.error('USAGE', `The file ${path}, which TLS needs, cannot be read`, { cause })
    })
  }
}

function productOf({ ferretdb, version }: Document): string {
  return typeof ferretdb === 'object' && ferretdb !== null && version !== undefined ? 'FerretDB' : 'MongoDB'
}

/** Never waits for a server that does not answer. */
async function closeClient(client: MongoClient): Promise<void> {
  if (await within(CLOSE_MS, client.close())) return
  // What the driver waits for then is an answer.
  ;(client as unknown as { topology?: { close(): void } }).topology?.close()
}

/** Whether it settled in time. */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, milliseconds, false)
  const settled = promise.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([settled, late])
  } finally {
    clearTimeout(timer)
  }
}
