import type { Host } from 'dbvault'
import { Redis } from 'ioredis'
import { CONNECT_MS, tlsOptions } from './connect.ts'
import { serverError } from './server-error.ts'
import type { Server } from './server.ts'

type Argument = string | number | Buffer

/** One connection for commands. On abort whatever waits is ended with the signal's reason. */
export class Session implements AsyncDisposable {
  readonly server: Server
  readonly #client: Redis
  readonly #host: Host
  readonly #aborted = Promise.withResolvers<never>()
  #lost: Error | undefined

  private constructor(client: Redis, server: Server, host: Host) {
    this.#client = client
    this.server = server
    this.#host = host
    this.#aborted.promise.catch(() => {})
    client.on('error', (error: Error) => (this.#lost = error))
    host.signal.addEventListener('abort', this.#onAbort)
  }

  /** @throws SOURCE_UNREACHABLE, SOURCE_DENIED */
  static async open(server: Server, host: Host): Promise<Session> {
    host.signal.throwIfAborted()
    const { address, user, password, tls, idleMs } = server
    const client = new Redis({
      ...('path' in address ? { path: address.path } : address),
      ...(user !== undefined && { username: user }),
      ...(password && { password: password.reveal() }),
      ...(tls && { tls: { ...(await tlsOptions(tls, host)) } }),
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      socketTimeout: idleMs,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      disableClientInfo: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    })
    const session = new Session(client, server, host)
    try {
      await session.#orAborted(client.connect())
      // A password that is not accepted is told only to the first command.
      await session.call('PING').catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && /NOPERM/.test(error.message))) throw error
      })
      return session
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The reply, texts in UTF-8. @throws SOURCE_UNREACHABLE, SOURCE_DENIED, or what the server said */
  async call(command: string, ...args: readonly Argument[]): Promise<unknown> {
    this.#host.signal.throwIfAborted()
    return await this.#orAborted(this.#client.call(command, ...args))
  }

  /** The same with texts as bytes. */
  async bytes(command: string, ...args: readonly Argument[]): Promise<unknown> {
    this.#host.signal.throwIfAborted()
    return await this.#orAborted(this.#client.callBuffer(command, ...args))
  }

  /** What the server says of itself: `key:value` lines. */
  async info(section?: string): Promise<ReadonlyMap<string, string>> {
    return parseInfo(String(await this.call('INFO', ...(section === undefined ? [] : [section]))))
  }

  /** Commands that are executed together, with nobody else's in between. An error among the replies is returned as such. */
  async together(commands: readonly (readonly Argument[])[]): Promise<readonly unknown[]> {
    this.#host.signal.throwIfAborted()
    const batch = this.#client.multi()
    for (const [name, ...args] of commands) batch.call(String(name), ...args)
    const replies = await this.#orAborted(batch.exec())
    return (replies ?? []).map(([error, reply]) => error ?? reply)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.signal.removeEventListener('abort', this.#onAbort)
    const closed = new Promise<void>((resolve) => {
      if (this.#client.status === 'wait' || this.#client.status === 'end') resolve()
      else this.#client.once('end', resolve)
    })
    this.#client.disconnect()
    await closed
  }

  async #orAborted<T>(promise: Promise<T>): Promise<T> {
    try {
      return await Promise.race([promise, this.#aborted.promise])
    } catch (error) {
      this.#host.signal.throwIfAborted()
      const closed = error instanceof Error && /Connection is closed|Stream isn't writeable/.test(error.message)
      throw serverError(this.#host, this.server, closed && this.#lost ? this.#lost : error)
    }
  }

  readonly #onAbort = (): void => this.#aborted.reject(this.#host.signal.reason as Error)
}

export function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':')
      return at > 0 && !line.startsWith('#') ? [[line.slice(0, at), line.slice(at + 1)] as const] : []
    }),
  )
}
