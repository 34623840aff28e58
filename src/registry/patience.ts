import { finished, type Readable } from 'node:stream'
import type { Host } from '../contract/host.ts'
import { isStorage, type Contribution } from './contribution.ts'

/** How long a call may still take once its signal has aborted. A service manager may give dbvault less time to stop. */
const GRACE_S = 20
/** A storage takes back an upload, and may itself have waited for the bytes of an engine that hangs. */
const STORAGE_TIMES = 2
/** Who has made a database on a server drops it. */
export const SCRATCH_TIMES = 9

/**
 * Waits for one plugin, and no longer than its contract allows: a call that does not end some time after its signal has
 * aborted is given up, and the plugin named. It is not called again after that, since nobody knows what it still does.
 */
export class Patience {
  readonly #plugin: string
  readonly #times: number
  #late: Error | undefined

  constructor(contribution: Contribution) {
    this.#plugin = `${contribution.package} ${contribution.version}`
    this.#times = isStorage(contribution) ? STORAGE_TIMES : 1
  }

  /** Settles as the call does, or fails once that is late. */
  async wait<T>(host: Host, call: () => Promise<T>, times = this.#times): Promise<T> {
    using watch = this.#watch(host, times)
    return await watch.call(call)
  }

  /** The same for each step of an iteration. */
  async *each<T>(host: Host, source: AsyncIterable<T>): AsyncGenerator<T, void> {
    using watch = this.#watch(host, this.#times)
    const steps = source[Symbol.asyncIterator]()
    let ended = false
    const next = (): Promise<IteratorResult<T, unknown>> => steps.next()
    try {
      for (;;) {
        let step: IteratorResult<T, unknown>
        try {
          step = await watch.call(next)
          ended = step.done === true
        } catch (error) {
          ended = true
          throw error
        }
        if (step.done) return
        yield step.value
      }
    } finally {
      // One that is stuck in a step would never come to its end.
      if (!ended) await watch.call(async () => steps.return?.())
    }
  }

  /** The stream itself, which is destroyed if it has not ended by then. */
  stream(host: Host, stream: Readable): Readable {
    const closed = (): Promise<void> => new Promise((resolve) => void finished(stream, () => resolve()))
    this.wait(host, closed).catch((late: unknown) => stream.destroy(late as Error))
    return stream
  }

  /** Closes something; of a plugin that was given up already nothing more is waited for. */
  async close(host: Host, call: () => PromiseLike<void>): Promise<void> {
    if (this.#late) return
    await this.wait(host, async () => call())
  }

  /** Settles only as the call does, since it may be putting back what was there. The user is told that it is waited for. */
  async waitOn<T>(host: Host, call: () => Promise<T>): Promise<T> {
    using watch = new Watch(host.signal, graceSeconds() * 1000, () => {
      host.report({ kind: 'warning', message: `the plugin ${this.#plugin} has not stopped yet, and is waited for` })
      return undefined
    })
    return await watch.call(call)
  }

  #watch(host: Host, times: number): Watch {
    if (this.#late) throw this.#late
    const seconds = graceSeconds() * times
    return new Watch(host.signal, seconds * 1000, () => {
      const message = `the plugin ${this.#plugin} did not stop within ${seconds} s, and is not waited for any longer`
      host.report({ kind: 'warning', message })
      return (this.#late = host.error('INTERNAL', message))
    })
  }
}

function graceSeconds(): number {
  const seconds = Number(process.env['DBVAULT_STOP_GRACE'])
  return seconds > 0 && seconds < 3600 ? seconds : GRACE_S
}

/** Looks after calls that are made one after the other: once the signal has aborted, each has some time left. */
class Watch implements Disposable {
  readonly #signal: AbortSignal
  readonly #graceMs: number
  readonly #onLate: () => Error | undefined
  #giveUp: ((error: Error) => void) | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param onLate returns what the call then fails with; undefined for one that is waited for all the same */
  constructor(signal: AbortSignal, graceMs: number, onLate: () => Error | undefined) {
    this.#signal = signal
    this.#graceMs = graceMs
    this.#onLate = onLate
    signal.addEventListener('abort', this.#onAbort)
  }

  /** No promise is made that outlives the call: there may be millions of them before anything aborts. */
  call<T>(call: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#giveUp = reject
      if (this.#signal.aborted) this.#onAbort()
      Promise.resolve(call()).then(
        (value) => {
          this.#over()
          resolve(value)
        },
        (error: Error) => {
          this.#over()
          reject(error)
        },
      )
    })
  }

  [Symbol.dispose](): void {
    this.#over()
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #over(): void {
    this.#giveUp = undefined
    clearTimeout(this.#timer)
  }

  readonly #onAbort = (): void => {
    const giveUp = this.#giveUp
    if (!giveUp) return
    this.#timer = setTimeout(() => {
      const error = this.#onLate()
      if (error) giveUp(error)
    }, this.#graceMs)
  }
}
