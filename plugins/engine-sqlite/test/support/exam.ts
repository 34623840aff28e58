import type { Fingerprint, Proof, RestoreReport, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { at } from './harness.ts'

/** Dumps into a file, as the core does: the fingerprint is read while the bytes are written. */
export async function dumpTo(
  file: string,
  database: string,
  { host = testHost(), busyTimeout = 10_000 }: { host?: TestHost; busyTimeout?: number } = {},
): Promise<Fingerprint> {
  await using dump = engine.dump({ source: at(database, busyTimeout), fingerprint: true }, host)
  let fingerprint: Promise<Fingerprint> | undefined
  for await (const { bytes } of dump.members) {
    fingerprint = dump.fingerprint()
    await Promise.all([pipeline(bytes, createWriteStream(file)), fingerprint])
  }
  assert.ok(fingerprint)
  return await fingerprint
}

/** A stored backup whose dump is this file. */
export function storedAt(file: string): Stored[] {
  return [
    {
      name: 'main',
      format: { id: 'sqlite', extension: 'db' },
      bytes: statSync(file).size,
      open: async () => createReadStream(file),
    },
  ]
}

export async function proveFile(
  file: string,
  expected?: Fingerprint,
  { host = testHost(), source }: { host?: TestHost; source?: Source<Flags> } = {},
): Promise<Proof> {
  const scratch = { mode: 'auto', flags: at('').flags, ...(source && { source }) } as const
  return await engine.prove({ stored: storedAt(file), scratch, ...(expected && { expected }) }, host)
}

export async function restoreFile(
  file: string,
  target: string,
  {
    replace = false,
    expected,
    busyTimeout = 10_000,
  }: { replace?: boolean; expected?: Fingerprint; busyTimeout?: number } = {},
): Promise<RestoreReport> {
  await using host = testHost()
  return await engine.restore(
    { stored: storedAt(file), target: { ...at(target, busyTimeout), replace }, ...(expected && { expected }) },
    host,
  )
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
