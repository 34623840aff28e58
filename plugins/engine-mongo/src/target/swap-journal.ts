import type { Host } from 'dbvault'
import { BSON, type Document } from 'mongodb'
import { isOver, isOwn, ownLease, type Lease } from '../server/lease.ts'
import { listNames } from '../server/list-collections.ts'
import { removeForGood } from '../server/remove-for-good.ts'
import type { Server } from '../server/server.ts'
import { drop, type Step } from './swap-step.ts'

/**
 * `done`: what was there before may go. `undoing`: it is being put back, and nothing else may be done any more. `undone`: it is
 * back, and what was to be in its place may go; to take any step back once more would take what is back for that.
 */
export type SwapState = 'begun' | 'done' | 'undoing' | 'undone'

/** What a collection with a journal holds: first who swaps and how far that is, then the steps. */
interface Head extends Lease {
  readonly _id: 0
  readonly state: SwapState
  readonly steps: number
}

export interface SwapRecord {
  /** Absent where not even that was written. */
  readonly lease: Lease | undefined
  readonly state: SwapState
  /** Undefined where not all were written down: then none was done. */
  readonly steps: readonly Step[] | undefined
  /** Whether the run that swaps, or puts it back, is no more. */
  readonly isOver: boolean
}

const AT_ONCE = 1000
/** A process may go on after a swap of it has failed. */
const swapping = new Set<string>()

/**
 * The steps of a swap, in a collection beside those that are swapped, so that a later run can put back what a killed one
 * has left half done.
 */
export class SwapJournal {
  readonly name: string
  readonly #server: Server
  readonly #database: string
  readonly #host: Host

  /** @param name as `TemporaryNames` makes it */
  constructor(server: Server, database: string, name: string, host: Host) {
    this.#server = server
    this.#database = database
    this.name = name
    this.#host = host
  }

  /** Writes all steps down, before the first of them is done. */
  async begin(steps: readonly Step[]): Promise<void> {
    swapping.add(this.name)
    await this.#insert([{ _id: 0, ...ownLease(this.#server.now()), state: 'begun', steps: steps.length }])
    for (let from = 0; from < steps.length; from += AT_ONCE) {
      const some = steps.slice(from, from + AT_ONCE)
      await this.#insert(some.map((step, place) => ({ _id: 1 + from + place, ...written(step) })))
    }
  }

  /** What was swapped has all its names. From here on there is no way back. */
  async done(): Promise<void> {
    // If its answer is lost it may come late, when all is being put back.
    await this.#set('done', { state: 'begun' })
  }

  /**
   * Whoever puts it back stands for it from now on.
   * @param of who was seen to stand for it, if not this process
   */
  async undoing(of?: Lease): Promise<void> {
    await this.#set('undoing', of ? { host: of.host, pid: of.pid, start: of.start, beat: of.beat } : {})
    swapping.add(this.name)
  }

  async undone(): Promise<void> {
    await this.#set('undone', { state: 'undoing' })
  }

  async read(): Promise<SwapRecord> {
    const found = await this.#server.readAll(this.#database, { find: this.name, sort: { _id: 1 } })
    const [head, ...steps] = found.map((bytes) => BSON.deserialize(bytes, { promoteBuffers: true })) as [
      Head?,
      ...Document[],
    ]
    if (head?._id !== 0) {
      return { lease: undefined, state: 'begun', steps: undefined, isOver: !swapping.has(this.name) }
    }
    return {
      lease: head,
      state: head.state,
      steps: steps.length === head.steps ? steps.map(stepOf) : undefined,
      isOver: isOwn(head) ? !swapping.has(this.name) : isOver(head, this.#server.now()),
    }
  }

  /** Nobody swaps any more, whether or not the journal can be removed. */
  leave(): void {
    swapping.delete(this.name)
  }

  async remove(): Promise<void> {
    this.leave()
    await drop(this.#server, this.#database, this.name)
  }

  /** Where a request that writes it may still be under way. */
  async removeForGood(signal: AbortSignal): Promise<void> {
    await removeForGood(async () => {
      const isThere = (await listNames(this.#server, this.#database)).some(({ name }) => name === this.name)
      if (isThere) await this.remove()
      return isThere
    }, signal)
  }

  async #insert(documents: Document[]): Promise<void> {
    const { n } = await this.#server.command(this.#database, { insert: this.name, documents, ...this.#safely() })
    if (Number(n) === documents.length) return
    throw this.#host.error('RESTORE_FAILED', `The server did not take down what was going to be done (${this.name})`, {
      hints: [`Nothing was changed in the database ${JSON.stringify(this.#database)}.`],
    })
  }

  async #set(state: SwapState, where: Document): Promise<void> {
    const updates = [{ q: { _id: 0, ...where }, u: { $set: { ...ownLease(this.#server.now()), state } } }]
    const { n } = await this.#server.command(this.#database, { update: this.name, updates, ...this.#safely() })
    if (Number(n) === 1) return
    throw this.#host.error('RESTORE_FAILED', `Another run is putting back what a restore has left (${this.name})`, {
      hints: ['Wait for its end.'],
      retryable: true,
    })
  }

  /** Not to be lost with a primary. */
  #safely(): Document {
    return this.#server.greeting.setName === undefined ? {} : { writeConcern: { w: 'majority' } }
  }
}

/** Names are values here: as fields they could hold what no field may. */
function written(step: Step): Document {
  if (step.kind === 'move' || step.kind === 'made there') return step
  const { name, type, options } = step.view
  return { kind: step.kind, name, type, options }
}

function stepOf({ kind, from, to, name, type, options }: Document): Step {
  if (kind === 'move') return { kind, from, to }
  if (kind === 'made there') return { kind, name }
  return { kind, view: { name, type, options: options as Buffer } }
}
