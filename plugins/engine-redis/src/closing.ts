/** What has to be closed in the end, in reverse order. Node has such a class only since version 24. */
export class Closing implements AsyncDisposable {
  #closers: (() => Promise<unknown>)[] = []

  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(async () => await resource[Symbol.asyncDispose]())
    return resource
  }

  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Hands all of it over to another one, so that this one closes nothing. */
  move(): Closing {
    const other = new Closing()
    other.#closers = this.#closers
    this.#closers = []
    return other
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closers = this.#closers.toReversed()
    this.#closers = []
    for (const close of closers) await close()
  }
}
