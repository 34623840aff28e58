import { DbvaultError } from '../errors/dbvault-error.ts'
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
  }

  /** The first signal has the command clean up and end; the second one ends the process at once. */
  readonly #onSignal = (name: EndingSignal): void => {
    const code = ENDINGS[name]
    // Listeners of `exit` remove synchronously what can be removed that way.
    if (this.signal.aborted) process.exit(exitCodeOf(code))
    this.#controller.abort(new DbvaultError(code, name === 'SIGINT' ? 'interrupted' : `terminated by ${name}`))
    this.#notify('Cleaning up; once more to stop at once.')
  }
}
