import type { Fingerprint, Proof, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'

export interface Dumped {
  readonly stored: readonly Stored[]
  readonly fingerprint: Fingerprint
  readonly bytes: Buffer
}

/** Dumps into memory, as the core does. */
export async function dump(source: Source<Flags>, host: TestHost = testHost()): Promise<Dumped> {
  await using running = engine.dump({ source, fingerprint: true }, host)
  const stored: Stored[] = []
  let bytes = Buffer.alloc(0)
  for await (const { name, format, bytes: chunks } of running.members) {
    const read = await buffer(chunks)
    bytes = read
    stored.push({ name, format, bytes: read.length, open: async () => Readable.from([read]) })
  }
  return { stored, fingerprint: await running.fingerprint(), bytes }
}

export async function prove(
  { stored, fingerprint }: Dumped,
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
