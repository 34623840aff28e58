import type { Digests, DigestName } from '../../contract/transfer.ts'
import { combineCrc, isCrc } from './crc.ts'
import { type Digester, digester } from './digester.ts'

/** Computes digests of parts and of the body that they make up, going through the bytes as seldom as can be. */
export class BodyDigests {
  readonly #ofPart: ReadonlyMap<DigestName, Digester>
  /** Those that cannot be made of the parts' own. */
  readonly #ofBody: ReadonlyMap<DigestName, Digester>
  readonly #combined = new Map<DigestName, Buffer>()
  readonly #toCombine: readonly DigestName[]
  #bytes = 0

  private constructor(
    ofPart: ReadonlyMap<DigestName, Digester>,
    ofBody: ReadonlyMap<DigestName, Digester>,
    toCombine: readonly DigestName[],
  ) {
    this.#ofPart = ofPart
    this.#ofBody = ofBody
    this.#toCombine = toCombine
  }

  static async of(partNames: readonly DigestName[], bodyNames: readonly DigestName[]): Promise<BodyDigests> {
    const toCombine = bodyNames.filter((name) => isCrc(name) && partNames.includes(name))
    const rest = bodyNames.filter((name) => !toCombine.includes(name))
    return new BodyDigests(await digesters(partNames), await digesters(rest), toCombine)
  }

  update(bytes: Uint8Array): void {
    for (const each of this.#ofPart.values()) each.update(bytes)
    for (const each of this.#ofBody.values()) each.update(bytes)
    this.#bytes += bytes.length
  }

  /** The digests of the bytes since the last call. */
  endPart(): Digests {
    const digests: Digests = taken(this.#ofPart)
    for (const name of this.#toCombine) {
      const before = this.#combined.get(name)
      const now = digests[name]
      if (!isCrc(name) || now === undefined) continue
      this.#combined.set(name, before ? combineCrc(name, before, now, this.#bytes) : now)
    }
    this.#bytes = 0
    return digests
  }

  /** The digests of all bytes. */
  endBody(): Digests {
    return { ...Object.fromEntries(this.#combined), ...taken(this.#ofBody) }
  }
}

async function digesters(names: readonly DigestName[]): Promise<ReadonlyMap<DigestName, Digester>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await digester(name)] as const)))
}

function taken(digesters: ReadonlyMap<DigestName, Digester>): Digests {
  return Object.fromEntries([...digesters].map(([name, each]) => [name, each.take()]))
}
