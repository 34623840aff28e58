import type { Host } from 'dbvault'
import { sizesOf, type Sizes } from '../fetch/witness.ts'
import type { Server } from '../server/server.ts'
import { nameOf } from '../server/server.ts'
import { Session } from '../server/session.ts'

/** Stands in each database that a restore fills or has replaced. Its value is when its run was last alive. */
export const MARKER = '__dbvault_staging__'
const BEAT_MS = 15_000
/** Its run is dead when it was not alive for so long. */
const DEAD_MS = 120_000
const DEFAULT_DATABASES = 16

/** A logical database that is filled in place of the one that it becomes in the end. */
export interface Staged {
  /** In the backup. */
  readonly from: number
  /** In the target. */
  readonly to: number
  /** Where it is filled. */
  readonly in: number
}

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
  #kept = false

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
   * Puts what was prepared in its place, all at once; what was there is kept until `done`. Functions come with it.
   * @throws TARGET_NOT_EMPTY when somebody has written there meanwhile, with nothing changed
   */
  async swap(replace: boolean, libraries: readonly Buffer[] | undefined, others: readonly number[]): Promise<void> {
    const before = libraries && replace ? await this.#session.bytes('FUNCTION', 'DUMP') : undefined
    const loads = (libraries ?? []).map((code) => ['FUNCTION', 'LOAD', code])
    const flushes = libraries && replace ? [['FUNCTION', 'FLUSH']] : []
    const replies = await this.#session.together([
      ...flushes,
      ...loads,
      this.#script(SWAP, replace ? 'replace' : 'empty', others),
    ])
    const swapped = replies.at(-1)
    const failed = replies.find((reply) => reply instanceof Error)
    if (failed === undefined && swapped === 'swapped') return
    if (swapped === 'swapped') await this.#session.call(...this.#script(SWAP_BACK, '', others))
    await this.#undoFunctions(replies.slice(0, -1), loads.length, before)
    if (failed instanceof Error) {
      throw this.#host.error('RESTORE_FAILED', `The Redis server ${nameOf(this.#server)} refused: ${failed.message}`, {
        cause: failed,
      })
    }
    throw this.#host.error('TARGET_NOT_EMPTY', `Somebody has written into ${nameOf(this.#server)} meanwhile`, {
      hints: ['Keep others away from the target until the restore is done, or replace what is there with --replace.'],
    })
  }

  /** Removes what was replaced. */
  async done(others: readonly number[]): Promise<void> {
    for (const database of others) await flush(this.#session, database)
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    if (this.#kept) return
    this.#kept = true
    // A mark that came after the removal would look like a restore that was killed.
    await this.#marking
    // The run's own signal may be dead by now.
    const host: Host = { ...this.#host, signal: AbortSignal.timeout(CLEANUP_MS) }
    try {
      await using session = await Session.open(this.#server, host)
      for (const { in: database } of this.staged) {
        await session.call('SELECT', database)
        // Without the mark it is somebody else's.
        if ((await session.call('EXISTS', MARKER)) === 1) await flush(session, database)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const databases = this.staged.map((one) => one.in).join(', ')
      this.#host.report({
        kind: 'warning',
        message: `What was prepared in the databases ${databases} could not be removed now; the next restore does: ${why}`,
      })
    }
  }

  async #undoFunctions(replies: readonly unknown[], loads: number, before: unknown): Promise<void> {
    if (before !== undefined) {
      await this.#session.call('FUNCTION', 'RESTORE', before as Buffer, 'FLUSH')
      return
    }
    for (const reply of replies.slice(replies.length - loads)) {
      if (typeof reply === 'string') await this.#session.call('FUNCTION', 'DELETE', reply)
    }
  }

  #script(code: string, mode: string, others: readonly number[]): [string, ...(string | number)[]] {
    const pairs = this.staged.flatMap(({ to, in: staged }) => [to, staged])
    return ['EVAL', code, 0, MARKER, mode, others.length, ...others, ...pairs]
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

/** ARGV: marker, mode, how many others, the others, then pairs of a place and where what belongs there was prepared. */
const ARGUMENTS = `
  local marker, mode, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
  local now = redis.call('TIME')[1] .. '000'
  local others, pairs = {}, {}
  for i = 4, 3 + count do others[#others + 1] = ARGV[i] end
  for i = 4 + count, #ARGV, 2 do pairs[#pairs + 1] = {ARGV[i], ARGV[i + 1]} end
  local function at(database, ...) redis.call('SELECT', database) return redis.call(...) end
  -- First of all: where it is not permitted, nothing has changed, and what was prepared still has its mark.
  local function swap(pair) redis.call('SWAPDB', pair[1], pair[2]) end
`
const SWAP = `${ARGUMENTS}
  if mode == 'empty' then
    for _, pair in ipairs(pairs) do if at(pair[1], 'DBSIZE') > 0 then return 'occupied' end end
  end
  for _, pair in ipairs(pairs) do
    swap(pair)
    at(pair[1], 'DEL', marker)
    at(pair[2], 'SET', marker, now)
  end
  for _, other in ipairs(others) do at(other, 'SET', marker, now) end
  return 'swapped'
`
const SWAP_BACK = `${ARGUMENTS}
  for _, other in ipairs(others) do at(other, 'DEL', marker) end
  for _, pair in ipairs(pairs) do
    swap(pair)
    at(pair[1], 'DEL', marker)
    at(pair[2], 'SET', marker, now)
  end
  return 'swapped'
`
