import { asDbvaultError } from '../errors/as-dbvault-error.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { exitNow } from '../host/confinement.ts'
import { exitCodeOf } from './exit-code.ts'

const ENDINGS = {
  SIGINT: 'INTERRUPTED',
  SIGTERM: 'TERMINATED',
  SIGHUP: 'TERMINATED',
} as const

type EndingSignal = keyof typeof ENDINGS

/** What can end a command from outside, as one signal. Listens from its making until it is disposed. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController()
  readonly #notify: (text: string) => void
  #timer: NodeJS.Timeout | undefined

  /** @param notify is told what happens next on the first signal */
  constructor(notify: (text: string) => void) {
    this.#notify = notify
    for (const name of Object.keys(ENDINGS)) process.on(name, this.#onSignal)
    process.on('uncaughtException', this.#onUncaught)
  }

  /** Aborts with the error that the command then fails with: INTERRUPTED, TERMINATED or TIMED_OUT. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Lets the command fail with TIMED_OUT if it is still running after so many milliseconds. */
  timeoutAfter(milliseconds: number): void {
    const expire = (): void => {
      const seconds = milliseconds / 1000
      this.#controller.abort(
        new DbvaultError('TIMED_OUT', `not finished within ${seconds} s (--timeout)`, { retryable: true }),
      )
    }
    clearTimeout(this.#timer)
    // Unreferenced: the time limit itself must not keep a finished command alive.
    this.#timer = setTimeout(expire, milliseconds).unref()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const name of Object.keys(ENDINGS)) process.off(name, this.#onSignal)
    process.off('uncaughtException', this.#onUncaught)
  }

  /** What is thrown where nobody can catch it ends the command as anything else does, with all its cleaning up. */
  readonly #onUncaught = (error: unknown): void => this.#controller.abort(asDbvaultError(error))

  /** The first signal has the command clean up and end; the second one ends the process at once. */
  readonly #onSignal = (name: EndingSignal): void => {
    const code = ENDINGS[name]
    if (this.signal.aborted) dieBy(name === 'SIGINT' ? 'SIGINT' : 'SIGTERM', exitCodeOf(code))
    this.#controller.abort(new DbvaultError(code, name === 'SIGINT' ? 'interrupted' : `terminated by ${name}`))
    this.#notify('Cleaning up; once more to stop at once.')
  }
}

/**
 * Dies by the signal itself, which a shell tells as 130 or 143: `process.exit` would wait for threads, and one of them
 * may be inside a call of a database library that takes long. Listeners of `exit` remove first what can be removed
 * synchronously.
 */
function dieBy(name: 'SIGINT' | 'SIGTERM', exit: number): never {
  process.emit('exit', exit)
  process.removeAllListeners(name)
  process.kill(process.pid, name)
  return exitNow(exit)
}
