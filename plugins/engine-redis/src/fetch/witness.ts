import type { Host } from 'dbvault'
import { setTimeout as delay } from 'node:timers/promises'
import { parseInfo, Session } from '../server/session.ts'
import type { Server } from '../server/server.ts'

/** How many keys a server counts in each of its databases, and how many of them expire. */
export type Sizes = ReadonlyMap<number, { readonly keys: number; readonly expiring: number }>

const PAUSE_MS = 5
/** After the snapshot was taken. */
const PATIENCE_MS = 500

/**
 * Asks a server, before and after it takes a snapshot, how many keys it has and how far its stream of writes is. The answer
 * that was given at the very place of the snapshot is what the server itself knew of that moment, and owes nothing to how it
 * writes a snapshot.
 */
export class Witness implements AsyncDisposable {
  readonly #host: Host
  readonly #ended = new AbortController()
  readonly #seen = new Map<number, Sizes>()
  readonly #asking: Promise<void>
  #last = -1
  #moment: number | undefined

  private constructor(server: Server, host: Host) {
    this.#host = { ...host, signal: AbortSignal.any([host.signal, this.#ended.signal]) }
    // What cannot be asked is not known; a failure here is none of the dump.
    this.#asking = this.#ask(server).catch(() => {})
  }

  static start(server: Server, host: Host): Witness {
    return new Witness(server, host)
  }

  /** What the server counted when its stream was at `offset`; undefined if nobody asked in that moment. */
  async at(offset: number | undefined): Promise<Sizes | undefined> {
    if (offset === undefined) return undefined
    this.#moment = offset
    if (!this.#seen.has(offset)) await this.#asking
    return this.#seen.get(offset)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(this.#host.error('INTERRUPTED', 'The dump was ended'))
    await this.#asking
  }

  async #ask(server: Server): Promise<void> {
    await using session = await Session.open(server, this.#host)
    let deadline = Infinity
    while (Date.now() < deadline) {
      const [replication, keyspace] = await session.together([
        ['INFO', 'replication'],
        ['INFO', 'keyspace'],
      ])
      if (typeof replication !== 'string' || typeof keyspace !== 'string') return
      const known = parseInfo(replication)
      // Without a backlog the stream stands still whatever is written.
      if (known.get('repl_backlog_active') === '1') {
        const offset = Number(known.get('master_repl_offset'))
        if (offset !== this.#last) this.#keep(offset, sizesOf(parseInfo(keyspace)))
        this.#last = offset
      }
      if (this.#moment !== undefined) {
        if (this.#last >= this.#moment) return
        deadline = Math.min(deadline, Date.now() + PATIENCE_MS)
      }
      await delay(PAUSE_MS, undefined, { signal: this.#host.signal })
    }
  }

  #keep(offset: number, sizes: Sizes): void {
    this.#seen.set(offset, sizes)
    if (this.#seen.size > MOST) this.#seen.delete(this.#seen.keys().next().value ?? offset)
  }
}

const MOST = 500

export function sizesOf(keyspace: ReadonlyMap<string, string>): Sizes {
  return new Map(
    [...keyspace].flatMap(([name, text]) => {
      const database = /^db(\d+)$/.exec(name)?.[1]
      const found = /^keys=(\d+),expires=(\d+)/.exec(text)
      return database !== undefined && found
        ? [[Number(database), { keys: Number(found[1]), expiring: Number(found[2]) }] as const]
        : []
    }),
  )
}
