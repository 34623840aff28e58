/** What is waited for: more bytes. The value that is sent back is of no meaning. */
export type Waiting<T> = Generator<void, T, void>

/**
 * The part of a stream that has come and was not read yet. Readers are generators that yield when they need more than there
 * is; whoever drives them calls `push` and goes on. Bytes stay in place while a reader does not yield.
 */
export class Window {
  readonly #capacity: number
  bytes: Buffer
  /** What was read ends here, and what has come ends there. */
  at = 0
  end = 0
  /** How many bytes came before `bytes[0]`. */
  #before = 0
  #taken = 0
  /** Is told of all bytes that were read, once and in order; not at once. */
  onRead: ((bytes: Buffer, start: number, end: number) => void) | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
    this.bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** How many bytes were read so far. */
  get position(): number {
    return this.#before + this.at
  }

  get room(): number {
    return this.#capacity - (this.end - this.at)
  }

  /** Tells `onRead` of what was read until now. */
  settle(): void {
    if (this.#taken < this.at) this.onRead?.(this.bytes, this.#taken, this.at)
    this.#taken = this.at
  }

  /** Appends what has come, of which there may be no more than there is room. */
  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.end + end - start > this.#capacity) {
      this.settle()
      this.bytes.copyWithin(0, this.at, this.end)
      this.#before += this.at
      this.end -= this.at
      this.at = 0
      this.#taken = 0
    }
    // Faster than `set` with a part of the array, which makes another object.
    if (chunk instanceof Buffer) chunk.copy(this.bytes, this.end, start, end)
    else this.bytes.set(chunk.subarray(start, end), this.end)
    this.end += end - start
  }

  /** Waits until at least so many bytes are there to be read. */
  *need(length: number): Waiting<void> {
    while (this.end - this.at < length) yield
  }
}
