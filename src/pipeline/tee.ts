import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes } from './bytes.ts'

/** How far the fastest reader may be ahead of the slowest, in bytes: each that is behind holds so much in memory. */
const AHEAD = 8 * 1024 * 1024

export interface TeeOptions {
  /** How long a reader may take nothing while another one waits for it, in milliseconds, before it is left behind. */
  readonly patienceMs: number
  /** Called when a reader is left behind. Its flow fails with what is returned. */
  readonly onLeftBehind: (reader: number) => Error
}

/**
 * Gives one flow to several readers. The slowest sets the pace; one that goes away, or takes nothing for too long, is
 * left behind, and the others go on. When all have gone, the source is closed.
 */
export class Tee {
  /** What each reader reads. */
  readonly flows: readonly Bytes[]
  /** What the source threw. */
  failure: { readonly error: unknown } | undefined
  readonly #branches: readonly Branch[]
  readonly #source: Bytes
  readonly #options: TeeOptions

  constructor(source: Bytes, readers: number, options: TeeOptions) {
    this.#source = source
    this.#options = options
    this.#branches = Array.from({ length: readers }, () => new Branch())
    this.flows = this.#branches.map((branch) => branch.read())
  }

  /** Says that a reader reads no more: one that has never begun cannot tell by itself. */
  leave(reader: number): void {
    this.#branches[reader]?.leave()
  }

  /** Passes the flow on to its end. Each reader's flow ends as the source does, with its error too. Never rejects. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        const live = this.#branches.filter(({ left }) => !left)
        if (live.length === 0) return
        for (const branch of live) branch.push(chunk)
        await this.#room(live)
      }
      for (const branch of this.#branches) branch.end()
    } catch (error) {
      this.failure = { error }
      for (const branch of this.#branches) branch.fail(error)
    }
  }

  async #room(live: readonly Branch[]): Promise<void> {
    for (;;) {
      const behind = live.filter(({ isBehind }) => isBehind)
      if (behind.length === 0) return
      const stop = new AbortController()
      const before = behind.map(({ taken }) => taken)
      const patience = sleep(this.#options.patienceMs, 'tired', { signal: stop.signal }).catch(() => {})
      const outcome = await Promise.race([Promise.all(behind.map((branch) => branch.hasRoom())), patience])
      stop.abort()
      // Where nobody gets on it is not for this one reader to be blamed, nor where nobody is left who waits for it.
      if (outcome !== 'tired' || live.every((branch) => branch.left || behind.includes(branch))) continue
      for (const [index, branch] of behind.entries()) {
        if (branch.taken === before[index]) branch.fail(this.#options.onLeftBehind(this.#branches.indexOf(branch)))
      }
    }
  }
}

class Branch {
  left = false
  /** Bytes that its reader has taken so far. */
  taken = 0
  #waiting: Uint8Array[] = []
  #bytes = 0
  #over: { readonly error?: unknown } | undefined
  #wakeReader = (): void => {}
  #wakeSource = (): void => {}

  get isBehind(): boolean {
    return !this.left && this.#bytes > AHEAD
  }

  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk)
    this.#bytes += chunk.length
    this.#wakeReader()
  }

  end(): void {
    this.#over ??= {}
    this.#wakeReader()
  }

  fail(error: unknown): void {
    this.#over = { error }
    this.#drop()
  }

  leave(): void {
    this.#over ??= {}
    this.#drop()
  }

  hasRoom(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isBehind) this.#wakeSource = resolve
      else resolve()
    })
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        if (this.#over && 'error' in this.#over) throw this.#over.error
        const chunk = this.#waiting.shift()
        if (chunk) {
          this.#bytes -= chunk.length
          this.taken += chunk.length
          if (!this.isBehind) this.#wakeSource()
          yield chunk
        } else if (this.#over) return
        else await new Promise<void>((resolve) => (this.#wakeReader = resolve))
      }
    } finally {
      this.leave()
    }
  }

  #drop(): void {
    this.left = true
    this.#waiting = []
    this.#bytes = 0
    this.#wakeSource()
    this.#wakeReader()
  }
}
