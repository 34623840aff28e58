// oxlint-disable typescript/no-non-null-assertion -- no index below is outside of its array
import { endianness } from 'node:os'

/** The polynomial that Redis uses (CRC-64/REDIS, "Jones"), reflected. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n
const SLICES = 8
/** From here on it pays to read words in place of bytes. */
const LARGE = 64

/** Tables for eight bytes at a time: of each entry the low and the high half, since numbers end at 53 bits. */
const [LOW, HIGH] = makeTables()

function makeTables(): readonly [Uint32Array, Uint32Array] {
  const entries: bigint[] = []
  for (let byte = 0n; byte < 256n; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
    entries.push(crc)
  }
  for (let at = 256; at < 256 * SLICES; at++) {
    const before = entries[at - 256] ?? 0n
    entries.push((before >> 8n) ^ (entries[Number(before & 255n)] ?? 0n))
  }
  return [
    Uint32Array.from(entries, (entry) => Number(entry & 0xffffffffn)),
    Uint32Array.from(entries, (entry) => Number(entry >> 32n)),
  ]
}

const LITTLE_ENDIAN = endianness() === 'LE'

/** The checksum at the end of RDB files and of what DUMP gives. */
export class Crc64 {
  #low = 0
  #high = 0

  reset(): void {
    this.#low = 0
    this.#high = 0
  }

  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    let low = this.#low
    let high = this.#high
    let at = start
    const b = bytes
    const L = LOW
    const H = HIGH
    if (LITTLE_ENDIAN && end - start >= LARGE) {
      for (; ((b.byteOffset + at) & 3) !== 0; at++) {
        const index = (low ^ b[at]!) & 255
        low = ((low >>> 8) | (high << 24)) ^ L[index]!
        high = (high >>> 8) ^ H[index]!
      }
      const words = new Int32Array(b.buffer, b.byteOffset + at, ((end - at) >> 3) << 1)
      for (let word = 0; word < words.length; word += 2) {
        const x = low ^ words[word]!
        const y = high ^ words[word + 1]!
        const i0 = 1792 + (x & 255)
        const i1 = 1536 + ((x >>> 8) & 255)
        const i2 = 1280 + ((x >>> 16) & 255)
        const i3 = 1024 + (x >>> 24)
        const i4 = 768 + (y & 255)
        const i5 = 512 + ((y >>> 8) & 255)
        const i6 = 256 + ((y >>> 16) & 255)
        const i7 = y >>> 24
        low = L[i0]! ^ L[i1]! ^ L[i2]! ^ L[i3]! ^ L[i4]! ^ L[i5]! ^ L[i6]! ^ L[i7]!
        high = H[i0]! ^ H[i1]! ^ H[i2]! ^ H[i3]! ^ H[i4]! ^ H[i5]! ^ H[i6]! ^ H[i7]!
      }
      at += words.byteLength
    }
    for (; at < end; at++) {
      const index = (low ^ b[at]!) & 255
      low = ((low >>> 8) | (high << 24)) ^ L[index]!
      high = (high >>> 8) ^ H[index]!
    }
    this.#low = low
    this.#high = high
    return this
  }

  /** As it is stored: eight bytes, the lowest first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(this.#low | 0, 0)
    bytes.writeInt32LE(this.#high | 0, 4)
    return bytes
  }
}
