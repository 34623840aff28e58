import { Crc64 } from './crc64.ts'
import type { RdbHeader, RdbKey } from './rdb-walk.ts'

/** Writes an RDB file, part by part. What was written is fetched with `take`. */
export class RdbWriter {
  readonly #crc = new Crc64()
  #parts: Buffer[] = []
  #database = -1
  readonly #checks: boolean

  /** @param checksum whether `end` is going to write one */
  constructor({ product, version }: RdbHeader, checksum = true) {
    this.#checks = checksum
    const digits = String(version)
    this.#put(Buffer.from(product === 'redis' ? `REDIS${digits.padStart(4, '0')}` : `VALKEY${digits.padStart(3, '0')}`))
  }

  /** All that was written since the last call. */
  take(): Buffer {
    const taken = Buffer.concat(this.#parts)
    this.#parts = []
    return taken
  }

  aux(name: string, value: Buffer): void {
    this.#put(Buffer.from([250]), text(Buffer.from(name, 'latin1')), text(value))
  }

  library(code: Buffer): void {
    this.#put(Buffer.from([245]), text(code))
  }

  /** Everything of a key that comes before its value. */
  key({ database, type, name, expires, idle, frequency }: RdbKey): void {
    if (database !== this.#database) this.#put(Buffer.from([254]), length(database))
    this.#database = database
    if (expires !== undefined) {
      const at = Buffer.alloc(9)
      at[0] = 252
      at.writeBigInt64LE(BigInt(expires), 1)
      this.#put(at)
    }
    if (idle !== undefined) this.#put(Buffer.from([248]), length(idle))
    if (frequency !== undefined) this.#put(Buffer.from([249, frequency]))
    this.#put(Buffer.from([type]), text(name))
  }

  /** Of the value, as it stands in another file of the same version. */
  part(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#put(Buffer.from(bytes.subarray(start, end)))
  }

  /** @param checksum whether there is to be one */
  end(checksum: boolean): void {
    this.#put(Buffer.from([255]))
    this.#parts.push(checksum ? this.#crc.digest() : Buffer.alloc(8))
  }

  #put(...parts: readonly Buffer[]): void {
    for (const part of parts) {
      if (this.#checks) this.#crc.update(part)
      this.#parts.push(part)
    }
  }
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([length(bytes.length), bytes])
}

/** In the shortest of its forms. */
function length(value: number): Buffer {
  if (value < 64) return Buffer.from([value])
  if (value < 16_384) return Buffer.from([64 | (value >> 8), value & 255])
  if (value > 0xffffffff) {
    const bytes = Buffer.alloc(9)
    bytes[0] = 0x81
    bytes.writeBigUInt64BE(BigInt(value), 1)
    return bytes
  }
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x80
  bytes.writeUInt32BE(value, 1)
  return bytes
}
