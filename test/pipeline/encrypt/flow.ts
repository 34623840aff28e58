import type { Bytes } from '../../../src/pipeline/bytes.ts'
import { DbvaultError } from '../../../src/errors/dbvault-error.ts'

/** Lets bytes flow in pieces whose lengths go round through `sizes`. */
export async function* flow(bytes: Uint8Array, ...sizes: number[]): Bytes {
  let from = 0
  for (let index = 0; from < bytes.length; index += 1) {
    const size = sizes.length === 0 ? bytes.length : sizes[index % sizes.length]!
    yield bytes.subarray(from, from + size)
    from += size
  }
}

export async function gather(source: Bytes): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source))
}

export interface Outcome {
  /** All that was yielded before the end or the error. */
  readonly released: Buffer
  readonly error?: DbvaultError
}

/** Reads to the end or the error. Errors other than DbvaultError are thrown on. */
export async function outcome(source: Bytes): Promise<Outcome> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of source) chunks.push(chunk)
    return { released: Buffer.concat(chunks) }
  } catch (error) {
    if (!DbvaultError.is(error)) throw error
    return { released: Buffer.concat(chunks), error }
  }
}

/** Bytes that look random and are the same in each run. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 0x9e3779b9
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

/** A copy with one bit turned over. */
export function flipped(bytes: Buffer, index: number, bit = 0): Buffer {
  const copy = Buffer.from(bytes)
  copy[index]! ^= 1 << bit
  return copy
}

/** Every hundredth part of the length, and the last byte missing. */
export function cuts(length: number): number[] {
  return [...Array.from({ length: 100 }, (_, percent) => Math.floor((length * percent) / 100)), length - 1]
}
