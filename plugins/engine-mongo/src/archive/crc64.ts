/** Of the polynomial of ECMA-182, bits reversed: CRC-64/XZ. In two halves, because numbers have no 64 bits. */
const POLYNOMIAL = 0xc96c_5795_d787_0f42n
const SLICES = 8

/** For each of eight bytes at once, low and high half side by side: `(slice * 256 + byte) * 2`. */
const TABLE = makeTable()

function makeTable(): Uint32Array {
  const table = new Uint32Array(SLICES * 256 * 2)
  const values: bigint[] = []
  for (let byte = 0n; byte < 256n; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1n) === 1n ? (value >> 1n) ^ POLYNOMIAL : value >> 1n
    values.push(value)
  }
  const first = [...values]
  for (let slice = 0; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const value = values[byte] ?? 0n
      table[(slice * 256 + byte) * 2] = Number(value & 0xffff_ffffn)
      table[(slice * 256 + byte) * 2 + 1] = Number(value >> 32n)
      values[byte] = (value >> 8n) ^ (first[Number(value & 0xffn)] ?? 0n)
    }
  }
  return table
}

/** The checksum that an archive has of each collection. */
export class Crc64 {
  #low = 0xffff_ffff
  #high = 0xffff_ffff

  update(bytes: Buffer): void {
    let low = this.#low
    let high = this.#high
    let at = 0
    const whole = bytes.length - (bytes.length % SLICES)
    for (; at < whole; at += SLICES) {
      low ^= bytes.readInt32LE(at)
      high ^= bytes.readInt32LE(at + 4)
      const a = (1792 + (low & 255)) * 2
      const b = (1536 + ((low >>> 8) & 255)) * 2
      const c = (1280 + ((low >>> 16) & 255)) * 2
      const d = (1024 + (low >>> 24)) * 2
      const e = (768 + (high & 255)) * 2
      const f = (512 + ((high >>> 8) & 255)) * 2
      const g = (256 + ((high >>> 16) & 255)) * 2
      const h = (high >>> 24) * 2
      low = word(a) ^ word(b) ^ word(c) ^ word(d) ^ word(e) ^ word(f) ^ word(g) ^ word(h)
      high =
        word(a + 1) ^ word(b + 1) ^ word(c + 1) ^ word(d + 1) ^ word(e + 1) ^ word(f + 1) ^ word(g + 1) ^ word(h + 1)
    }
    for (; at < bytes.length; at++) {
      const place = ((low ^ bytes.readUInt8(at)) & 255) * 2
      low = ((low >>> 8) | (high << 24)) ^ word(place)
      high = (high >>> 8) ^ word(place + 1)
    }
    this.#low = low
    this.#high = high
  }

  /** Of everything so far, without a sign. */
  value(): bigint {
    return (BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0)
  }
}

function word(place: number): number {
  return TABLE[place] as number
}
