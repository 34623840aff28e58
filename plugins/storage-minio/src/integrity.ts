import type { DigestName, Part } from 'dbvault'
import type { Answer } from './bucket.ts'

export const CRC_HEADER = 'x-amz-checksum-crc64nvme'

/** What the answers of a server have told of it; undefined before the first one. */
export interface ServerKnowledge {
  knowsCrc: boolean | undefined
}

/**
 * How the bytes of one upload are protected on their way: by a CRC64NVME of each part and of the whole object, or, where
 * the server knows none, by an MD5 of each part, which every server checks. As long as that is not known, by both.
 */
export class Integrity {
  readonly #server: ServerKnowledge
  readonly #withMd5: boolean
  #withCrc: boolean

  constructor(server: ServerKnowledge) {
    this.#server = server
    this.#withMd5 = server.knowsCrc !== true
    this.#withCrc = server.knowsCrc !== false
  }

  get partDigests(): readonly DigestName[] {
    return [...(this.#withCrc ? (['crc64nvme'] as const) : []), ...(this.#withMd5 ? (['md5'] as const) : [])]
  }

  get bodyDigests(): readonly DigestName[] {
    return this.#withCrc ? ['crc64nvme'] : []
  }

  get withCrc(): boolean {
    return this.#withCrc
  }

  /** What a request that sends a part says of it. */
  ofPart(part: Part): Readonly<Record<string, string>> {
    return {
      ...(this.#withCrc && { [CRC_HEADER]: part.digest('crc64nvme').toString('base64') }),
      ...(this.#withMd5 && { 'content-md5': part.digest('md5').toString('base64') }),
    }
  }

  /** A server that has checked a CRC repeats it. */
  learnFrom({ headers }: Answer): void {
    if (this.#withCrc) this.#server.knowsCrc ??= headers[CRC_HEADER] !== undefined
  }

  /** Makes a request, and once more without a CRC if the server may have refused it for that. */
  async tryWithCrc<T>(mayBeRefusal: (error: unknown) => boolean, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      if (!this.#withCrc || !this.#withMd5 || !mayBeRefusal(error)) throw error
      this.#withCrc = false
      try {
        const answer = await request()
        this.#server.knowsCrc = false
        return answer
      } catch {
        this.#withCrc = true
        throw error
      }
    }
  }
}
