import type { Host } from 'dbvault'
import { sizesOf, type Sizes } from '../fetch/witness.ts'
import type { Server } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { MARKER, REPLACED, type Staged } from './mark.ts'
import { putInPlace } from './put-in-place.ts'

const BEAT_MS = 15_000
/** Its run is dead when it was not alive for so long. */
const DEAD_MS = 120_000
const DEFAULT_DATABASES = 16

/** How many keys each database has, without what dead restores have left. */
export async function sizesWithoutDead(session: Session): Promise<{ sizes: Sizes; dead: readonly number[] }> {
  const all = sizesOf(await session.info('keyspace'))
  const dead: number[] = []
  const now = await timeOf(session)
  for (const database of all.keys()) {
    await session.call('SELECT', database)
    const beat = await session.call('GET', MARKER).catch(() => null)
    if (typeof beat === 'string' && /^\d+$/.test(beat) && now - Number(beat) > DEAD_MS) dead.push(database)
  }
  await session.call('SELECT', 0)
  return { sizes: new Map([...all].filter(([database]) => !dead.includes(database))), dead }
}

async function timeOf(session: Session): Promise<number> {
  const [seconds] = (await session.call('TIME')) as [string]
  return Number(seconds) * 1000
}

/** Empty databases in which a restore is prepared, marked as long as it lives. */
export class Staging implements AsyncDisposable {
  readonly staged: readonly Staged[]
  readonly #session: Session
  readonly #server: Server
  readonly #host: Host
  readonly #beat: NodeJS.Timeout
  #marking: Promise<void> = Promise.resolve()
  #ended = false
  /** Beside those that were prepared; undefined until the swap. */
  #replaced: readonly number[] | undefined

  private constructor(session: Session, staged: readonly Staged[], host: Host) {
    this.staged = staged
    this.#session = session
    this.#server = session.server
    this.#host = host
    this.#beat = setInterval(() => (this.#marking = this.#mark().catch(() => {})), BEAT_MS).unref()
  }

  /**
   * @param pairs which database of the backup becomes which of the target
   * @returns undefined when there are not enough empty databases
   */
  static async open(
    session: Session,
    pairs: readonly { readonly from: number; readonly to: number }[],
    host: Host,
  ): Promise<Staging | undefined> {
    const { sizes, dead } = await sizesWithoutDead(session)
    for (const database of dead) await flush(session, database)
    const limit = await databasesOf(session)
    const taken = new Set([...sizes.keys(), ...pairs.map(({ to }) => to)])
    const free = Array.from({ length: limit }, (_, database) => limit - 1 - database).filter((one) => !taken.has(one))
    if (free.length < pairs.length) return undefined
    const staging = new Staging(
      session,
      pairs.map((pair, place) => ({ ...pair, in: free[place] ?? 0 })),
      host,
    )
    try {
      await staging.#mark()
      return staging
    } catch (error) {
      await staging[Symbol.asyncDispose]()
      throw error
    }
  }

  /** How many keys are in a database, without the mark. */
  async size(database: number): Promise<{ readonly keys: number; readonly expiring: number }> {
    const size = sizesOf(await this.#session.info('keyspace')).get(database)
    return { keys: (size?.keys ?? 1) - 1, expiring: size?.expiring ?? 0 }
  }

  /**
   * Puts what was prepared in its place, and removes what was replaced. Functions come with it.
   * @throws TARGET_NOT_EMPTY when somebody has written there meanwhile, with nothing changed
   */
  async swap(replace: boolean, libraries: readonly Buffer[] | undefined, others: readonly number[]): Promise<void> {
    clearInterval(this.#beat)
    await this.#marking
    const { staged } = this
    await putInPlace({ session: this.#session, staged, others, replace, libraries }, this.#host)
    this.#replaced = others
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    if (this.#ended) return
    this.#ended = true
    // A mark that came after the removal would look like a restore that was killed.
    await this.#marking
    // The run's own signal may be dead by now.
    const host: Host = { ...this.#host, signal: AbortSignal.timeout(CLEANUP_MS) }
    const databases = [...this.staged.map((one) => one.in), ...(this.#replaced ?? [])]
    try {
      await using session = await Session.open(this.#server, host)
      const kept: number[] = []
      for (const database of databases) {
        const [, mark] = await session.together([
          ['SELECT', database],
          ['GET', MARKER],
        ])
        if (mark instanceof Error) throw mark
        // Without the mark it is somebody else's.
        if (typeof mark !== 'string') continue
        if (this.#replaced === undefined && mark.endsWith(REPLACED)) kept.push(database)
        else await flush(session, database)
      }
      if (kept.length > 0) {
        const message = `What the target held before is now in its databases ${kept.join(', ')}; the next restore removes it`
        this.#host.report({ kind: 'warning', message })
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const what = this.#replaced ? 'replaced and now is' : 'prepared'
      this.#host.report({
        kind: 'warning',
        message: `What was ${what} in the databases ${databases.join(', ')} could not be removed now; the next restore does: ${why}`,
      })
    }
  }

  async #mark(): Promise<void> {
    const now = await timeOf(this.#session)
    for (const { in: database } of this.staged) {
      await this.#session.together([
        ['SELECT', database],
        ['SET', MARKER, now],
      ])
    }
  }
}

const CLEANUP_MS = 20_000

async function flush(session: Session, database: number): Promise<void> {
  // Together: the beat of the mark chooses databases on the same connection.
  const replies = await session.together([
    ['SELECT', database],
    ['FLUSHDB', 'ASYNC'],
  ])
  const failed = replies.find((reply) => reply instanceof Error)
  if (failed instanceof Error) throw failed
}

async function databasesOf(session: Session): Promise<number> {
  const reply = (await session.call('CONFIG', 'GET', 'databases').catch(() => undefined)) as
    | readonly string[]
    | undefined
  return Number(reply?.[1] ?? DEFAULT_DATABASES)
}
