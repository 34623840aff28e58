import type { Digests, Part, Upload, WholeBody } from '../../contract/transfer.ts'
import { DbvaultError } from '../../errors/dbvault-error.ts'
import { BodyDigests } from './body-digests.ts'
import { type PartSpace, type PartSpaces } from './part-space.ts'
import { partSizes } from './part-sizes.ts'

/** A part with the space that it takes up, until that is released. */
export interface HeldPart extends Part {
  release(): Promise<void>
}

/** How a body is cut. */
type CutPlan = Pick<Upload<unknown, unknown>, 'limits' | 'partDigests' | 'bodyDigests'>

/** Cuts a body into parts. A part is given out as soon as it is known whether it is the last one. */
export class PartCutter {
  readonly #plan: CutPlan
  readonly #spaces: PartSpaces
  #bytes = 0
  #parts = 0
  #digests: Digests = {}

  constructor(plan: CutPlan, spaces: PartSpaces) {
    this.#plan = plan
    this.#spaces = spaces
  }

  /** What was cut; whole only after the last part. */
  get body(): WholeBody {
    return { bytes: this.#bytes, parts: this.#parts, digests: this.#digests }
  }

  async *cut(body: AsyncIterable<Uint8Array>): AsyncGenerator<HeldPart, void> {
    const sizeOf = partSizes(this.#plan.limits)
    const digests = await BodyDigests.of(this.#plan.partDigests, this.#plan.bodyDigests)
    let size = sizeOf(1)
    let filled = 0
    let space = await this.#spaces.take(size)
    const finish = (last: boolean): HeldPart => {
      this.#parts += 1
      const start = this.#bytes - filled
      return held(space, { number: this.#parts, start, bytes: filled, last }, digests.endPart())
    }
    try {
      for await (const chunk of body) {
        for (let at = 0; at < chunk.length;) {
          if (filled === size) {
            this.#assertMore()
            const part = finish(false)
            space = NOTHING
            yield part
            size = sizeOf(part.number + 1)
            filled = 0
            space = await this.#spaces.take(size)
          }
          const piece = chunk.subarray(at, at + size - filled)
          await space.write(piece)
          digests.update(piece)
          at += piece.length
          filled += piece.length
          this.#bytes += piece.length
        }
        this.#assertSmall()
      }
      const part = finish(true)
      this.#digests = digests.endBody()
      space = NOTHING
      yield part
    } finally {
      await space.release()
    }
  }

  #assertMore(): void {
    if (this.#parts + 1 >= this.#plan.limits.maxParts) this.#tooLarge()
  }

  #assertSmall(): void {
    if (this.#bytes > this.#plan.limits.maxBytes) this.#tooLarge()
  }

  #tooLarge(): never {
    throw new DbvaultError(
      'STORAGE_FAILED',
      `The backup is larger than the largest object there can be, ${this.#plan.limits.maxBytes} bytes`,
      { hints: ['Store it in another kind of place.'] },
    )
  }
}

const NOTHING: PartSpace = { write() {}, content: () => Buffer.alloc(0), async release() {} }

function held(space: PartSpace, place: Pick<Part, 'number' | 'start' | 'bytes' | 'last'>, digests: Digests): HeldPart {
  return {
    ...place,
    digest(name) {
      const digest = digests[name]
      if (digest) return digest
      throw new DbvaultError('INTERNAL', `The digest ${name} was not asked for`)
    },
    content: () => space.content(),
    release: () => space.release(),
  }
}
