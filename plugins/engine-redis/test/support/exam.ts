import type { Fingerprint, Proof, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'

export interface Dumped {
  readonly stored: Stored[]
  readonly fingerprint: Fingerprint
  readonly bytes: readonly Buffer[]
}

/** Dumps into memory, as the core does. `during` is called when the first bytes have come. */
export async function dump(
  source: Source<Flags>,
  host: TestHost = testHost(),
  during = async () => {},
): Promise<Dumped> {
  await using running = engine.dump({ source, fingerprint: true }, host)
  const stored: Stored[] = []
  const all: Buffer[] = []
  let fingerprint: Promise<Fingerprint> | undefined
  for await (const { name, format, bytes } of running.members) {
    fingerprint ??= running.fingerprint()
    fingerprint.catch(() => {})
    const read = await buffer(watched(bytes, during))
    all.push(read)
    stored.push(held(name, format, read))
  }
  assert.ok(fingerprint)
  return { stored, fingerprint: await fingerprint, bytes: all }
}

export function held(name: string, format: Stored['format'], bytes: Buffer): Stored {
  return { name, format, bytes: bytes.length, open: async () => Readable.from(chunksOf(bytes), { objectMode: false }) }
}

export async function prove(
  { stored, fingerprint }: Pick<Dumped, 'stored' | 'fingerprint'>,
  source: Source<Flags>,
  host: TestHost = testHost(),
): Promise<Proof> {
  const scratch = { mode: 'auto', source, flags: source.flags } as const
  return await engine.prove({ stored, expected: fingerprint, scratch }, host)
}

/** Asserts that a rejection carries this code, and returns its message and hints. */
export async function rejected(promise: Promise<unknown>, code: string): Promise<string> {
  const error = await promise.then(
    () => assert.fail(`resolved in place of ${code}`),
    (thrown: unknown) => thrown as Error & { code?: string; hints?: readonly string[] },
  )
  assert.equal(error.code, code, String(error.stack))
  return [error.message, ...(error.hints ?? [])].join('\n')
}

async function* watched(bytes: AsyncIterable<Uint8Array>, during: () => Promise<void>): AsyncGenerator<Uint8Array> {
  let first = true
  for await (const chunk of bytes) {
    if (first) await during()
    first = false
    yield chunk
  }
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
