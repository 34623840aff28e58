import type { Readable } from 'node:stream'
import type { HostEvent, TempDir } from '../../contract/host.ts'
import type { ObjectStat } from '../../contract/storage.ts'
import type { MadeObject, Upload, WholeBody } from '../../contract/transfer.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { bodyChunks } from '../body-chunks.ts'
import { type HeldPart, PartCutter } from './cut-parts.ts'
import { grace } from './grace.ts'
import { PartSpaces } from './part-space.ts'
import { sendParts } from './send-parts.ts'

const IN_FLIGHT = 4
/** After an abort, the answer to a request that makes something is still waited for. */
const GRACE_MS = 5_000
/** Clean-up goes on after an abort, for as long as this. */
const CLEANUP_MS = 20_000

export interface TransferHost {
  readonly signal: AbortSignal
  report(event: HostEvent): void
  tempDir(): Promise<TempDir>
  retry<T>(what: string, request: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/** See {@link Host.upload}. */
export async function upload<Begun, Sent>(
  body: Readable,
  steps: Upload<Begun, Sent>,
  host: TransferHost,
): Promise<ObjectStat> {
  body.on('error', () => {}) // Thrown where the body is read, however early it comes.
  const stop = new AbortController()
  const onAbort = (): void => stop.abort(host.signal.reason)
  if (host.signal.aborted) onAbort()
  else host.signal.addEventListener('abort', onAbort)
  using late = grace(stop.signal, GRACE_MS)
  const run = new UploadRun(steps, host, stop, late.signal)
  try {
    stop.signal.throwIfAborted()
    return await run.put(body)
  } catch (error) {
    stop.abort(error)
    await run.cleanUp()
    host.signal.throwIfAborted()
    throw error
  } finally {
    host.signal.removeEventListener('abort', onAbort)
    body.destroy()
  }
}

class UploadRun<Begun, Sent> {
  readonly #steps: Upload<Begun, Sent>
  readonly #host: TransferHost
  readonly #stop: AbortController
  /** Aborts later than `stop`. */
  readonly #late: AbortSignal
  #begun: { readonly upload: Begun } | undefined
  /** There may be an object: the last request was carried out, or nobody knows. */
  #mayExist = false

  constructor(steps: Upload<Begun, Sent>, host: TransferHost, stop: AbortController, late: AbortSignal) {
    this.#steps = steps
    this.#host = host
    this.#stop = stop
    this.#late = late
  }

  async put(body: Readable): Promise<ObjectStat> {
    const spaces = new PartSpaces(() => this.#host.tempDir())
    const cutter = new PartCutter(this.#steps, spaces)
    const parts = cutter.cut(bodyChunks(body, this.#stop.signal))
    const first = await parts.next()
    if (first.done) throw new DbvaultError('INTERNAL', 'A body was cut into no part at all')
    const stat = await (first.value.last
      ? this.#putWhole(first.value, cutter.body)
      : this.#putInParts(startingWith(first.value, parts), cutter))
    spaces.free()
    return stat
  }

  async #putWhole(part: HeldPart, body: WholeBody): Promise<ObjectStat> {
    try {
      return await this.#settle(body, () => this.#steps.putWhole(part, this.#late))
    } finally {
      await part.release()
    }
  }

  async #putInParts(parts: AsyncIterable<HeldPart>, cutter: PartCutter): Promise<ObjectStat> {
    const { what, inFlight = IN_FLIGHT } = this.#steps
    const { signal } = this.#stop
    let beginning: Promise<Begun> | undefined
    const begin = (): Promise<Begun> =>
      this.#host.retry(
        what,
        async () => {
          const upload = await this.#steps.begin(this.#late)
          this.#begun = { upload }
          return upload
        },
        signal,
      )
    const send = async (part: HeldPart): Promise<Sent> => {
      const upload = await (beginning ??= begin())
      return this.#host.retry(
        `part ${part.number} of ${what}`,
        () => this.#steps.sendPart(upload, part, signal),
        signal,
      )
    }
    const sent = await sendParts(parts, send, inFlight, this.#stop)
    const upload = this.#begun?.upload as Begun
    return this.#settle(cutter.body, () => this.#steps.finish(upload, sent, cutter.body, this.#late))
  }

  /**
   * Makes the last request and looks what is there. A failure of the request is none if the object is ours: then its
   * answer was lost, or a repetition of it has met what the first one had made.
   */
  async #settle(body: WholeBody, makeLast: () => Promise<void>): Promise<ObjectStat> {
    const { what } = this.#steps
    const { signal } = this.#stop
    signal.throwIfAborted()
    const failure = await this.#host
      .retry(what, () => this.#doLast(makeLast), signal)
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
    signal.throwIfAborted()
    if (failure && !this.#mayExist) throw failure.error
    const look = this.#host.retry(what, () => this.#steps.made(signal), signal)
    const made = await look.catch((error: unknown) => {
      throw failure ? failure.error : error
    })
    signal.throwIfAborted()
    if (made) return asSent(what, made, body)
    if (failure) throw failure.error
    throw new DbvaultError('STORAGE_FAILED', `${what} is not there after it was stored`)
  }

  async #doLast(makeLast: () => Promise<void>): Promise<void> {
    const mayExist = this.#mayExist
    this.#mayExist = true
    await makeLast().catch((error: unknown) => {
      // What the place has refused for good does not exist because of this attempt. That one exists may be its own doing.
      const isRefusal = DbvaultError.is(error) && !error.retryable && error.code !== 'OBJECT_EXISTS'
      if (isRefusal && !this.#stop.signal.aborted) this.#mayExist = mayExist
      throw error
    })
  }

  /** Takes everything back, with a signal of its own: the run's is dead by now. */
  async cleanUp(): Promise<void> {
    const signal = AbortSignal.timeout(CLEANUP_MS)
    const { what } = this.#steps
    const begun = this.#begun
    try {
      if (begun) await this.#host.retry(what, () => this.#steps.abort(begun.upload, signal), signal)
      if (!this.#mayExist) return
      const made = await this.#host.retry(what, () => this.#steps.made(signal), signal)
      if (made) await this.#host.retry(what, () => this.#steps.remove(made, signal), signal)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#host.report({
        kind: 'warning',
        message: `What was stored of ${what} could not be removed, and may cost money there: ${why}`,
      })
    }
  }
}

/** The object, if it is what was sent. @throws STORAGE_FAILED */
function asSent(what: string, { stat, digests }: MadeObject, body: WholeBody): ObjectStat {
  if (stat.bytes !== body.bytes) {
    throw new DbvaultError('STORAGE_FAILED', `${what} has ${stat.bytes} bytes where ${body.bytes} were sent`)
  }
  for (const [name, digest] of Object.entries(body.digests)) {
    const found = digests[name as keyof typeof digests]
    if (found === undefined || found.equals(digest)) continue
    throw new DbvaultError('STORAGE_FAILED', `${what} is not what was sent: its ${name} differs`)
  }
  return stat
}

async function* startingWith(first: HeldPart, rest: AsyncGenerator<HeldPart, void>): AsyncGenerator<HeldPart, void> {
  yield first
  yield* rest
}
