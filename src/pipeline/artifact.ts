import { Readable } from 'node:stream'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { Bytes } from './bytes.ts'
import { type Encoding, decode } from './encoding.ts'
import { Meter } from './meter.ts'

/** Bytes that one read or write moves at most: large enough for the disk, small enough for memory. */
const CHUNK = 1024 * 1024

export interface Digested {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

export interface ArtifactToRead {
  /** For people, in errors. */
  readonly name: string
  /** Opens its bytes from the first on; called once for every reading. */
  open(): Promise<Readable>
  readonly encoding: Encoding
  /** What it must be, where that is known. */
  readonly artifact?: Digested
  readonly dump?: { readonly bytes: number; readonly sha256?: string }
}

/**
 * The dump inside an artifact, as a stream. It fails instead of ending when the artifact or the dump is not, byte for
 * byte, what was written, so whoever reads it to its end knows that it was.
 */
export function readDump(source: ArtifactToRead, onDumpBytes?: (total: number) => void): Readable {
  return asReadable(decoded(source, onDumpBytes))
}

/**
 * Reads an artifact to its end and vouches for it: size and digest where they are known, and the cipher's own MAC.
 * After this its bytes may be released to where they cannot be taken back from.
 */
export async function authenticate(source: ArtifactToRead, signal: AbortSignal): Promise<void> {
  const { cipher } = source.encoding
  const bytes = required(await source.open(), source.name, 'artifact', source.artifact)
  // oxlint-disable-next-line no-empty -- reading to the end is the point
  for await (const _ of cipher ? cipher.decrypt()(bytes) : bytes) signal.throwIfAborted()
}

async function* decoded(
  source: ArtifactToRead,
  onDumpBytes?: (total: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const artifact = required(await source.open(), source.name, 'artifact', source.artifact)
  yield* required(decode(artifact, source.encoding), source.name, 'dump', source.dump, onDumpBytes)
}

/** Passes bytes on, and at their end requires that they were the expected ones; whatever they were where nothing is known. */
async function* required(
  bytes: Bytes,
  name: string,
  what: 'artifact' | 'dump',
  expected: ArtifactToRead['dump'],
  onBytes?: (total: number) => void,
): AsyncGenerator<Uint8Array, void> {
  // A digest costs as much as decrypting: it is not made where there is nothing to compare it with.
  const meter = new Meter({ digest: expected?.sha256 !== undefined, ...(onBytes && { onBytes }) })
  yield* meter.measure(bytes)
  if (expected) compare(name, what, meter, expected)
}

function compare(
  name: string,
  what: 'artifact' | 'dump',
  is: Meter,
  expected: NonNullable<ArtifactToRead['dump']>,
): void {
  if (is.bytes === expected.bytes && (expected.sha256 === undefined || is.sha256 === expected.sha256)) return
  const part = what === 'artifact' ? `The artifact ${name}` : `The dump inside ${name}`
  const how =
    is.bytes === expected.bytes
      ? `has the right size but other bytes: its sha256 is ${is.sha256}, not ${expected.sha256}`
      : `has ${is.bytes} bytes where its manifest says ${expected.bytes}`
  throw new DbvaultError('ARTIFACT_CORRUPT', `${part} ${how}`, {
    hints: ['It was damaged or replaced after it was stored. Use another copy of this backup, or an older backup.'],
  })
}

export function asReadable(bytes: Bytes): Readable {
  return Readable.from(bytes, { objectMode: false, highWaterMark: CHUNK })
}
