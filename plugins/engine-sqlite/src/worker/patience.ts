import { isLocked } from './result-code.ts'

/** A writer that never pauses leaves moments of microseconds between its commits: they are met by asking often. */
const MOST_MS = 3

/**
 * Waits for locks in short turns, so that an abort is seen. SQLite's own time-out would block the thread for all of it, and
 * asks ten times a second. The turns differ in length, not to keep step with a writer.
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
        // Wakes at once on a notify.
        Atomics.wait(this.#cancelled, 0, 0, 1 + Math.random() * (MOST_MS - 1))
        if (Atomics.load(this.#cancelled, 0) !== 0) throw error
      }
    }
  }
}
