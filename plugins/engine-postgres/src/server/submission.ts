import type pg from 'pg'
import type { Writable } from 'node:stream'

/** The rows of a COPY on their way to a server, in the format of its files. */
export interface CopyIn {
  /** @throws what the server said of these or earlier ones */
  write(rows: Uint8Array): Promise<void>
  /** The server has taken all of them. */
  end(): Promise<void>
}

interface Connection {
  readonly stream: Writable
}

/**
 * One statement as bytes, on the driver's own connection: the driver itself sends text in UTF-8 only, and no rows of a
 * COPY. It calls the `handle…` methods ("Message Flow" in the manual of PostgreSQL, simple query protocol).
 */
export class Submission {
  readonly #sql: Uint8Array
  readonly #over = Promise.withResolvers<void>()
  readonly #wantsRows = Promise.withResolvers<void>()
  #stream: Writable | undefined
  #copies = false

  constructor(client: pg.Client, sql: Uint8Array) {
    this.#sql = sql
    for (const { promise } of [this.#over, this.#wantsRows]) promise.catch(() => {})
    client.query(this as unknown as pg.Submittable)
  }

  /** Of a statement that is no COPY. */
  async done(): Promise<void> {
    await this.#over.promise
  }

  async copying(): Promise<void> {
    this.#copies = true
    await Promise.race([this.#wantsRows.promise, this.#over.promise])
    await this.#wantsRows.promise
  }

  async write(rows: Uint8Array): Promise<void> {
    const head = Buffer.alloc(5)
    head.write('d', 'latin1')
    head.writeUInt32BE(rows.length + 4, 1)
    this.#stream?.cork()
    this.#stream?.write(head)
    const written = new Promise<void>((resolve) => this.#stream?.write(rows, () => resolve()))
    this.#stream?.uncork()
    // The server may refuse a row at any time, and reads no further then.
    await Promise.race([written, this.#over.promise])
  }

  async end(): Promise<void> {
    this.#stream?.write(Buffer.from([0x63, 0, 0, 0, 4]))
    await this.#over.promise
  }

  submit({ stream }: Connection): void {
    this.#stream = stream
    const head = Buffer.alloc(5)
    head.write('Q', 'latin1')
    head.writeUInt32BE(this.#sql.length + 5, 1)
    stream.write(Buffer.concat([head, this.#sql, Buffer.alloc(1)]))
  }

  handleCopyInResponse({ stream }: Connection): void {
    if (this.#copies) this.#wantsRows.resolve()
    else stream.write(Buffer.from([0x66, 0, 0, 0, 5, 0])) // none will come
  }

  handleError(error: Error): void {
    this.#over.reject(error)
    this.#wantsRows.reject(error)
  }

  handleReadyForQuery(): void {
    this.#over.resolve()
    this.#wantsRows.reject(new Error('The server wanted no rows'))
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
}
