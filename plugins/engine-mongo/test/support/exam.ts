import type { Fingerprint, Proof, Scratch, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { Db } from 'mongodb'
import type { TestMongo } from '../../../../test/servers/mongo.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { storedArchive } from './archives.ts'
import { clientOf, testClient } from './client.ts'
import { databaseName } from './harness.ts'

export interface Dumped {
  readonly stored: Stored[]
  readonly fingerprint: Fingerprint
  readonly bytes: Buffer
}

/** Dumps into memory, as the core does. `during` is called when the first bytes have come. */
export async function dump(
  source: Source<Flags>,
  host: TestHost = testHost(),
  during = async () => {},
): Promise<Dumped> {
  await using running = engine.dump({ source, fingerprint: true }, host)
  for await (const { bytes } of running.members) {
    const fingerprint = running.fingerprint()
    fingerprint.catch(() => {})
    const read = await buffer(watched(bytes, during))
    return { stored: storedArchive(read), fingerprint: await fingerprint, bytes: read }
  }
  return assert.fail('a dump without a member')
}

export async function prove(
  { stored, fingerprint }: Pick<Dumped, 'stored' | 'fingerprint'>,
  source: Source<Flags>,
  { mode = 'source', host = testHost(), ...url }: Partial<Pick<Scratch, 'mode' | 'url'>> & { host?: TestHost } = {},
): Promise<Proof> {
  return await engine.prove(
    { stored, expected: fingerprint, scratch: { mode, ...url, source, flags: source.flags } },
    host,
  )
}

/** A database of its own for one test, made and filled. */
export async function database(
  fill: (db: Db) => Promise<unknown>,
  on?: TestMongo,
): Promise<AsyncDisposable & { mongo: TestMongo; db: Db; name: string }> {
  const { mongo, client } = on ? { mongo: on, client: clientOf(on) } : await testClient()
  const name = databaseName('test')
  const db = client.db(name)
  await fill(db)
  return { mongo, db, name, [Symbol.asyncDispose]: async () => void (await db.dropDatabase().catch(() => {})) }
}

/** Enough for a dump to be in its middle when its first bytes have come. */
export async function fillLarge(db: Db): Promise<void> {
  for (const name of ['one', 'other']) {
    for (let block = 0; block < 6; block++) {
      const documents = Array.from({ length: 1000 }, (_, n) => ({
        _id: (block * 1000 + n) as never,
        s: 'x'.repeat(700),
      }))
      await db.collection(name).insertMany(documents)
    }
  }
}

/** Asserts that a rejection carries one of these codes, and returns its message and hints. */
export async function rejected(promise: Promise<unknown>, ...codes: string[]): Promise<string> {
  const error = await promise.then(
    () => assert.fail(`resolved in place of ${codes.join(' or ')}`),
    (thrown: unknown) => thrown as Error & { code?: string; hints?: readonly string[] },
  )
  assert.ok(codes.includes(error.code ?? ''), String(error.stack))
  return [error.message, ...(error.hints ?? [])].join('\n')
}

async function* watched(bytes: AsyncIterable<Uint8Array>, during: () => Promise<void>): AsyncGenerator<Uint8Array> {
  let chunks = 0
  for await (const chunk of bytes) {
    // The second: the first is what the archive announces.
    if (++chunks === 2) await during()
    yield chunk
  }
}
