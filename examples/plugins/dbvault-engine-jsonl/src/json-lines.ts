import type { Host } from 'dbvault'

const NEWLINE = 0x0a
const LONGEST_LINE = 64 * 1024 * 1024

/**
 * Sees to it that a file is what its name says while it is dumped: a source that is damaged already must not become a
 * backup that is called good. The last line may be unfinished, since somebody may be writing it.
 */
export class JsonLines {
  readonly #where: string
  readonly #host: Host
  readonly #text = new TextDecoder('utf-8', { fatal: true })
  #rest: Buffer[] = []
  #restBytes = 0
  #line = 0

  constructor(where: string, host: Host) {
    this.#where = where
    this.#host = host
  }

  /** @throws SOURCE_CORRUPT naming the line */
  add(chunk: Buffer): void {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      this.#check(Buffer.concat([...this.#rest.splice(0), chunk.subarray(from, to)]))
      this.#restBytes = 0
      from = to + 1
    }
    this.#rest.push(chunk.subarray(from))
    this.#restBytes += chunk.length - from
    if (this.#restBytes > LONGEST_LINE) throw this.#corrupt(this.#line + 1, 'is longer than 64 MiB')
  }

  #check(line: Buffer): void {
    this.#line += 1
    try {
      const text = this.#text.decode(line)
      if (text.trim() !== '') JSON.parse(text)
    } catch {
      // What the parser says may quote the line, which is the user's data.
      throw this.#corrupt(this.#line, 'is no JSON')
    }
  }

  #corrupt(line: number, what: string): Error {
    return this.#host.error('SOURCE_CORRUPT', `Line ${line} of ${this.#where} ${what}`, {
      hints: ['Mend or remove the line, or restore the file from an earlier backup.'],
    })
  }
}
