import type { Host } from 'dbvault'
import type { Socket } from 'node:net'
import { connect } from './connect.ts'
import { LOST, serverError } from './server-error.ts'
import { nameOf, type Server } from './server.ts'

const LONGEST_LINE = 64 * 1024
/** How much may have come that nobody has asked for yet. */
const AHEAD = 1 << 18

/** A connection whose bytes are read as they come, for what no client library streams. */
export class Wire implements AsyncDisposable {
  readonly server: Server
  readonly #socket: Socket
  readonly #host: Host
  #come: Buffer[] = []
  #size = 0
  #over: Error | undefined
  #wake: (() => void) | undefined

  private constructor(socket: Socket, server: Server, host: Host) {
    this.#socket = socket
    this.server = server
    this.#host = host
    socket.on('data', (chunk: Buffer) => {
      this.#come.push(chunk)
      this.#size += chunk.length
      if (this.#size > AHEAD) socket.pause()
      this.#wake?.()
    })
    socket.on('error', (error) => this.#end(serverError(host, server, error)))
    socket.on('close', () =>
      this.#end(host.error(LOST.code, `The Redis server ${nameOf(server)} ${LOST.what}`, { retryable: true })),
    )
    host.signal.addEventListener('abort', this.#onAbort)
  }

  /** Connected and logged in. @throws SOURCE_UNREACHABLE, SOURCE_DENIED */
  static async open(server: Server, host: Host): Promise<Wire> {
    const wire = new Wire(await connect(server, host), server, host)
    try {
      const { user, password } = server
      if (password) {
        wire.send('AUTH', ...(user === undefined ? [] : [user]), password.reveal())
        await wire.ok()
      }
      return wire
    } catch (error) {
      await wire[Symbol.asyncDispose]()
      throw error
    }
  }

  send(...args: readonly (string | Buffer)[]): void {
    this.#socket.write(command(args))
  }

  /** Resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#goOn()
    if (this.#socket.write(bytes)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#socket.once('drain', resolve)
    this.#socket.once('close', resolve)
    await promise
    this.#socket.off('drain', resolve)
    this.#socket.off('close', resolve)
    this.#goOn()
  }

  /** The next line, without its end. Empty ones, which only say that the server is alive, are left out. */
  async line(): Promise<string> {
    let before = Buffer.alloc(0)
    for (;;) {
      const chunk = await this.chunk()
      const at = chunk.indexOf(10)
      if (at < 0) {
        before = Buffer.concat([before, chunk])
        if (before.length > LONGEST_LINE) throw this.#nonsense()
        continue
      }
      const line = Buffer.concat([before, chunk.subarray(0, at)])
        .toString('utf8')
        .replace(/\r$/, '')
      before = Buffer.alloc(0)
      this.unread(chunk.subarray(at + 1))
      if (line !== '') return line
    }
  }

  /** The next line, which has to be no error. @throws what the server said */
  async ok(): Promise<string> {
    const line = await this.line()
    if (line.startsWith('-')) throw serverError(this.#host, this.server, new Error(line.slice(1)))
    return line
  }

  /** What has come, or else comes next. Never empty. @throws SOURCE_UNREACHABLE at the end of the connection */
  async chunk(): Promise<Buffer> {
    for (;;) {
      const chunk = this.#come.shift()
      if (chunk !== undefined) {
        this.#size -= chunk.length
        if (this.#size <= AHEAD / 2 && this.#socket.isPaused()) this.#socket.resume()
        return chunk
      }
      this.#host.signal.throwIfAborted()
      this.#goOn()
      await this.#more()
    }
  }

  /** Puts back what was read too far. */
  unread(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#come.unshift(chunk)
    this.#size += chunk.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.signal.removeEventListener('abort', this.#onAbort)
    const closed = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
    })
    this.#socket.destroy()
    await closed
    this.#come = []
  }

  async #more(): Promise<void> {
    const { idleMs } = this.server
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = setTimeout(() => {
      const message = `The Redis server ${nameOf(this.server)} has said nothing for ${idleMs / 1000} s`
      const hints = ['Look whether it hangs. To wait longer: --redis-idle-timeout']
      this.#end(this.#host.error('SOURCE_UNREACHABLE', message, { hints, retryable: true }))
    }, idleMs)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#wake = undefined
    }
  }

  /** @throws why it cannot go on */
  #goOn(): void {
    if (this.#over !== undefined) throw this.#over
  }

  #end(why: unknown): void {
    this.#over ??= why as Error
    this.#wake?.()
  }

  #nonsense(): Error {
    return this.#host.error('SOURCE_UNREACHABLE', `What answers at ${nameOf(this.server)} does not speak like Redis`)
  }

  readonly #onAbort = (): void => {
    this.#end(this.#host.signal.reason)
    this.#socket.destroy()
  }
}

/** A command as it goes over the wire. */
export function command(args: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)]
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, END)
  }
  return Buffer.concat(parts)
}

const END = Buffer.from('\r\n')
