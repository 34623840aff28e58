import type { Host } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { gcpError } from './errors.ts'
import { failureOf } from './failure.ts'

/** What a session takes at a time is a multiple of that, but for its end. */
const UNIT = 256 * 1024
/** What Google answers to bytes that are not the last ones, and to the question how far they got. */
const MORE_WANTED = 308
/** What is answered when a session is given up, and where there is nothing left to give up. */
const GIVEN_UP = [499, 400, 404, 410, 412]

/** It has ended, was given up, or is older than a week. */
export class SessionGone extends Error {}

/**
 * A resumable upload: a place that takes the bytes of an object in their order, and is the object once it has the last
 * one. After a failure it is asked how far it has got, since bytes may have arrived of which no answer told.
 */
export class Session {
  readonly #bucket: Bucket
  readonly #what: string
  readonly #host: Host
  /** Whoever knows it may go on with the upload: never shown. */
  readonly #path: string
  /** How many bytes the server has; undefined where only it knows. */
  #reached: number | undefined = 0
  /** The last bytes, and where they begin: only with the last request the server gets what makes the object whole. */
  #tail: { readonly bytes: Buffer; readonly start: number } = { bytes: Buffer.alloc(0), start: 0 }
  #hasEnded = false

  /** @param location what the server has answered to the beginning */
  constructor(bucket: Bucket, what: string, host: Host, location: string) {
    this.#bucket = bucket
    this.#what = what
    this.#host = host
    // Of the same server as all other requests, whatever name it has for itself.
    const { pathname, search } = new URL(location, 'http://server')
    this.#path = pathname + search
  }

  /** Whether it has become an object, be it too early. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Sends bytes that more will follow. Of the last ones some are kept back for `finish`. */
  async send(bytes: Buffer, start: number, isLast: boolean, signal: AbortSignal): Promise<void> {
    const now = isLast ? bytes.length - 1 - ((bytes.length - 1) % UNIT) : bytes.length
    // A copy: the buffer is used again.
    if (isLast) this.#tail = { bytes: Buffer.from(bytes.subarray(now)), start: start + now }
    const end = start + now
    for (let at = await this.#whereItIs(signal); at < end;) {
      if (at < start) throw this.#lost()
      const next = await this.#put(bytes.subarray(at - start, now), at, '*', {}, signal)
      if (next === 'ended' || next > end) throw this.#disagrees()
      if (next <= at) throw this.#takesNothing()
      at = next
    }
  }

  /** Sends the end, with a digest of the whole that the server compares before it makes the object. */
  async finish(crc32c: Buffer | undefined, signal: AbortSignal): Promise<void> {
    const { bytes, start } = this.#tail
    const total = start + bytes.length
    const at = this.#reached ?? (await this.#ask(String(total), signal))
    if (at === 'ended') return
    if (at < start || at > total) throw this.#lost()
    const hash = crc32c === undefined ? {} : { 'x-goog-hash': `crc32c=${crc32c.toString('base64')}` }
    const next = await this.#put(bytes.subarray(at - start), at, String(total), hash, signal)
    if (next === 'ended') return
    throw this.#takesNothing()
  }

  /** Gives it up. Resolves also when it is gone or has ended. */
  async abort(signal: AbortSignal): Promise<void> {
    // Without a length Google refuses it.
    const request = { method: 'DELETE', path: this.#path, headers: { 'content-length': '0' }, body: '' } as const
    await this.#bucket.send(request, signal, GIVEN_UP)
  }

  async #whereItIs(signal: AbortSignal): Promise<number> {
    const at = this.#reached ?? (await this.#ask('*', signal))
    if (at === 'ended') throw this.#disagrees()
    return at
  }

  /** How many bytes the server has. */
  #ask(total: string, signal: AbortSignal): Promise<number | 'ended'> {
    return this.#request(Buffer.alloc(0), `bytes */${total}`, {}, signal)
  }

  #put(
    bytes: Buffer,
    at: number,
    total: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<number | 'ended'> {
    if (bytes.length === 0) return this.#ask(total, signal)
    return this.#request(bytes, `bytes ${at}-${at + bytes.length - 1}/${total}`, headers, signal)
  }

  async #request(
    body: Buffer,
    range: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<number | 'ended'> {
    this.#reached = undefined
    const sent = {
      method: 'PUT',
      path: this.#path,
      headers: { 'content-length': String(body.length), 'content-range': range, ...headers },
      body,
    } as const
    try {
      const answer = await this.#bucket.send(sent, signal, [MORE_WANTED])
      if (answer.status !== MORE_WANTED) {
        this.#hasEnded = true
        return 'ended'
      }
      return (this.#reached = reachedOf(answer.headers.get('range')))
    } catch (error) {
      const { status } = failureOf(error)
      if (status !== 404 && status !== 410) throw gcpError(error, `store ${this.#what}`, this.#bucket, this.#host)
      throw new SessionGone()
    }
  }

  #takesNothing(): Error {
    const message = `The server does not take the bytes of ${this.#what}`
    return this.#host.error('STORAGE_UNREACHABLE', message, { retryable: true })
  }

  #lost(): Error {
    return this.#host.error('STORAGE_FAILED', `The server has lost bytes of ${this.#what} that it had taken`)
  }

  #disagrees(): Error {
    return this.#host.error('STORAGE_FAILED', `The server has other bytes of ${this.#what} than were sent`)
  }
}

/** Of `bytes=0-N`. A server that has nothing yet says nothing. */
function reachedOf(range: string | null): number {
  const last = /^bytes=0-(\d+)$/.exec(range ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}
