import type { Fingerprint, Proof, RestoreReport, Scratch, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { before } from 'mocha'
import { hasServer, sharedServer, type TestServer } from '../../../../test/servers/mysql.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'

export interface Held {
  readonly members: readonly { readonly name: string; readonly bytes: Buffer }[]
  readonly fingerprint: Fingerprint
  readonly warnings: readonly string[]
}

/** Reads a whole dump and its fingerprint, as the core does. */
export async function dumped(source: Source<Flags>, host: TestHost = testHost()): Promise<Held> {
  await using dump = engine.dump({ source, fingerprint: true }, host)
  const members: { name: string; bytes: Buffer }[] = []
  let fingerprint: Promise<Fingerprint> | undefined
  for await (const { name, bytes } of dump.members) {
    fingerprint ??= dump.fingerprint()
    const [read] = await Promise.all([buffer(bytes), fingerprint])
    members.push({ name, bytes: read })
  }
  assert.ok(fingerprint)
  return { members, fingerprint: await fingerprint, warnings: warningsOf(host) }
}

export function stored(members: Held['members']): Stored[] {
  return members.map(({ name, bytes }) => ({
    name,
    format: { id: 'mysql-sql', extension: 'sql' },
    bytes: bytes.length,
    open: async () => Readable.from([bytes], { objectMode: false }),
  }))
}

/** The held dump with one text in its main member in place of another. */
export function edited({ members }: Held, from: string | RegExp, to: string): Held['members'] {
  return members.map(({ name, bytes }) => {
    if (name !== 'main') return { name, bytes }
    const text = bytes.toString('latin1')
    assert.notEqual(text.replace(from, to), text, 'the text stands in the dump')
    return {
      name,
      bytes: Buffer.from(
        text.replace(from, () => to),
        'latin1',
      ),
    }
  })
}

export async function proved(
  members: Held['members'],
  source: Source<Flags>,
  expected?: Fingerprint,
  mode: Scratch['mode'] = 'source',
  host: TestHost = testHost(),
): Promise<Proof> {
  const scratch = { mode, source, flags: source.flags }
  return await engine.prove({ stored: stored(members), scratch, ...(expected && { expected }) }, host)
}

export async function restored(
  members: Held['members'],
  target: Source<Flags>,
  { replace = false, expected }: { replace?: boolean; expected?: Fingerprint } = {},
): Promise<RestoreReport> {
  await using host = testHost()
  return await engine.restore(
    { stored: stored(members), target: { ...target, replace }, ...(expected && { expected }) },
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

export function warningsOf(host: TestHost): string[] {
  return host.events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
}

/** The shared server of a vendor, for the tests of a `describe`; they are skipped where it cannot be had. */
export function serverOf(vendor: TestServer['vendor']): () => TestServer {
  let server: TestServer | undefined
  before(async function () {
    this.timeout(120_000)
    if (!hasServer(vendor)) {
      if (process.env['DBVAULT_REQUIRE_ALL']) throw new Error(`${vendor} is missing; see test/servers/install`)
      return this.skip()
    }
    server = await sharedServer(vendor)
  })
  return () => {
    assert.ok(server)
    return server
  }
}
