import type { Fingerprint, Proof, Scratch, Secret, Source, Stored } from 'dbvault'
import { testHost, type TestHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { databaseName, testPostgres, type TestPostgres } from '../../../../test/servers/postgres.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { drop } from './harness.ts'

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
    stored.push({
      name,
      format,
      bytes: read.length,
      open: async () => Readable.from(chunksOf(read), { objectMode: false }),
    })
  }
  assert.ok(fingerprint)
  return { stored, fingerprint: await fingerprint, bytes: all }
}

export async function prove(
  { stored, fingerprint }: Dumped,
  source: Source<Flags>,
  { mode = 'auto', host = testHost(), ...url }: Partial<Pick<Scratch, 'mode' | 'url'>> & { host?: TestHost } = {},
): Promise<Proof> {
  return await engine.prove(
    { stored, expected: fingerprint, scratch: { mode, ...url, source, flags: source.flags } },
    host,
  )
}

/** A database of its own for one test, made and filled. */
export async function database(
  sql: string,
  options = '',
): Promise<AsyncDisposable & { pg: TestPostgres; name: string }> {
  const pg = await testPostgres()
  const name = databaseName('test')
  pg.psql('postgres', `CREATE DATABASE ${name} ${options}`)
  if (sql !== '') pg.psql(name, sql)
  return { pg, name, [Symbol.asyncDispose]: async () => drop(pg, name) }
}

/** Somebody who may log in, and nothing else. */
export async function poorUser(
  pg: TestPostgres,
): Promise<AsyncDisposable & { login: { user: string; password: Secret } }> {
  const user = databaseName('poor')
  pg.psql('postgres', `CREATE ROLE "${user}" LOGIN PASSWORD 'r'`)
  return {
    login: { user, password: { reveal: () => 'r' } },
    [Symbol.asyncDispose]: async () => void pg.psql('postgres', `DROP OWNED BY "${user}"; DROP ROLE "${user}"`),
  }
}

/** The installed programs, some of them replaced by shell scripts in which `$real` is the path of the real one. */
export function programs(
  pg: TestPostgres,
  scripts: Readonly<Record<string, string | null>>,
): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'dbvault-bin-'))
  chmodSync(path, 0o755)
  for (const name of readdirSync(pg.binDir)) symlinkSync(join(pg.binDir, name), join(path, name))
  for (const [name, script] of Object.entries(scripts)) {
    unlinkSync(join(path, name))
    if (script === null) continue
    const version = `case "$1" in --version) exec ${join(pg.binDir, name)} --version;; esac`
    writeFileSync(join(path, name), `#!/bin/sh\nreal=${join(pg.binDir, name)}\n${version}\n${script}\n`, {
      mode: 0o755,
    })
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
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
