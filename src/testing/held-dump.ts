import { Readable } from 'node:stream'
import type { Fingerprint, Format, Stored } from '../contract/engine.ts'

/** A dump in memory, which is where a test can cut and flip it. */
export interface HeldDump {
  readonly members: readonly HeldMember[]
  readonly fingerprint: Fingerprint
}

export interface HeldMember {
  readonly name: string
  readonly format: Format
  readonly bytes: Buffer
}

/** How a member is to be read, in place of simply to its end. */
export type Reading = (bytes: Buffer) => AsyncIterable<Uint8Array>

const CHUNK = 64 * 1024

export function stored(members: readonly HeldMember[], reading: Reading = whole): Stored[] {
  return members.map(({ name, format, bytes }) => ({
    name,
    format,
    bytes: bytes.length,
    open: async () => Readable.from(reading(bytes), { objectMode: false }),
  }))
}

/** The members with the bytes of the first one changed. */
export function withMain(members: readonly HeldMember[], change: (bytes: Buffer) => Buffer): HeldMember[] {
  return members.map((member, place) => (place === 0 ? { ...member, bytes: change(member.bytes) } : member))
}

/** A copy in which one bit of the byte at `place` is the other one. */
export function flipped(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place)
  return copy
}

/** Lengths at which formats are likely to be wrong about where they end. */
export function cuts(length: number): number[] {
  const at = (part: number): number => Math.floor(length * part)
  const half = Math.max(4096, at(0.5))
  return [0, 1, 100, at(0.01), at(0.25), half - (half % 4096), at(0.75), at(0.99), length - 512, length - 1]
}

async function* whole(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK)
}

/** Throws in place of the last byte, as a digest that does not match is thrown. */
export function breakingOff(error: Error, part = 1): Reading {
  return async function* (bytes) {
    yield* whole(bytes.subarray(0, Math.floor(bytes.length * part) - 1))
    throw error
  }
}

/** Gives half of the bytes, calls `then`, and is silent for ever. */
export function fallingSilent(then: () => void): Reading {
  return async function* (bytes) {
    yield* whole(bytes.subarray(0, bytes.length / 2))
    then()
    await new Promise(() => {})
  }
}
