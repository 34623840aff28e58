import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import type { MadeObject, Part, PartLimits, Upload } from '../../../src/contract/transfer.ts'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'
import type { ErrorDetails } from '../../../src/errors/dbvault-error.ts'

export const passing = (details: ErrorDetails = {}): DbvaultError =>
  new DbvaultError('STORAGE_UNREACHABLE', 'the line is busy', { retryable: true, ...details })

type Step = 'putWhole' | 'begin' | 'sendPart' | 'finish' | 'made' | 'abort' | 'remove'

interface Stored {
  readonly by: string
  bytes: Buffer
}

/** A place in memory that stores one object, and fails where it is told to. */
export class Place {
  readonly calls: Step[] = []
  readonly parts = new Map<string, Map<number, Buffer>>()
  object: Stored | undefined
  /** Called before each request has an effect, and after it: may throw, or take its time. */
  before: (step: Step, signal: AbortSignal, part?: Part) => void | Promise<void> = () => {}
  after: (step: Step, signal: AbortSignal, part?: Part) => void | Promise<void> = () => {}
  sending = 0
  mostSending = 0
  #uploads = 0

  count(step: Step): number {
    return this.calls.filter((call) => call === step).length
  }

  upload(limits: Partial<PartLimits> = {}, more: Partial<Upload<string, number>> = {}): Upload<string, number> {
    const by = randomUUID()
    return {
      what: 'place://container/key',
      limits: { firstBytes: 1000, maxParts: 1000, maxPartBytes: 1e6, maxBytes: 1e6, ...limits },
      partDigests: ['crc32c', 'md5'],
      bodyDigests: ['crc32c'],
      putWhole: (part, signal) =>
        this.#request('putWhole', signal, part, async () => {
          await this.#make({ by, bytes: await bytesOf(part.content()) })
        }),
      begin: (signal) =>
        this.#request('begin', signal, undefined, async () => {
          const id = `upload ${++this.#uploads}`
          this.parts.set(id, new Map())
          return id
        }),
      sendPart: (id, part, signal) =>
        this.#request('sendPart', signal, part, async () => {
          this.mostSending = Math.max(this.mostSending, ++this.sending)
          try {
            const bytes = await bytesOf(part.content())
            await new Promise(setImmediate)
            this.parts.get(id)?.set(part.number, bytes)
            return part.number
          } finally {
            this.sending--
          }
        }),
      finish: (id, sent, _body, signal) =>
        this.#request('finish', signal, undefined, async () => {
          const parts = this.parts.get(id)
          if (!parts) throw new DbvaultError('STORAGE_FAILED', 'no such upload')
          await this.#make({ by, bytes: Buffer.concat(sent.map((number) => parts.get(number) ?? Buffer.alloc(0))) })
          this.parts.delete(id)
        }),
      made: (signal) => this.#request('made', signal, undefined, async () => this.#look(by)),
      abort: (id, signal) => this.#request('abort', signal, undefined, async () => void this.parts.delete(id)),
      remove: (_made, signal) => this.#request('remove', signal, undefined, async () => void (this.object = undefined)),
      ...more,
    }
  }

  #look(by: string): MadeObject | undefined {
    if (this.object?.by !== by) return undefined
    const stat = { key: 'key', bytes: this.object.bytes.length, modifiedAt: new Date() }
    return { stat, digests: {} }
  }

  async #make(object: Stored): Promise<void> {
    if (this.object) throw new DbvaultError('OBJECT_EXISTS', 'there is one')
    this.object = object
  }

  async #request<T>(step: Step, signal: AbortSignal, part: Part | undefined, act: () => Promise<T>): Promise<T> {
    this.calls.push(step)
    signal.throwIfAborted()
    await this.before(step, signal, part)
    const result = await act()
    await this.after(step, signal, part)
    return result
  }
}

async function bytesOf(content: Buffer | Readable): Promise<Buffer> {
  return Buffer.isBuffer(content) ? Buffer.from(content) : buffer(content)
}

/** Fails the first so many requests of one step. */
export function failing(step: Step, times: number, error: () => Error = passing): (step: Step) => void {
  let left = times
  return (now) => {
    if (now === step && left-- > 0) throw error()
  }
}
