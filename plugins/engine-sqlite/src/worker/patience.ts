import { isLocked } from './result-code.ts'

/**
 * Waits for locks in short turns, so that an abort is seen. SQLite's own time-out would block the thread for all of it.
 */
export class Patience {
  readonly #until: number
  readonly #cancelled: Int32Array

  constructor(milliseconds: number, cancelled: Int32Array) {
    this.#until = performance.now() + milliseconds
    this.#cancelled = cancelled
  }

  /** Calls again while the database is locked and there is time left. */
  try<T>(attempt: () => T): T {
    for (;;) {
      try {
        return attempt()
      } catch (error) {
        if (!isLocked(error) || performance.now() >= this.#until) throw error
        // Wakes at once on a notify; else in 50 ms.
        Atomics.wait(this.#cancelled, 0, 0, 50)
        if (Atomics.load(this.#cancelled, 0) !== 0) throw error
      }
    }
  }
}
