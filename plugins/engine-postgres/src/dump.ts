import type { Dump, DumpRequest, Host, Member } from 'dbvault'
import { join } from 'node:path'
import { archiveProblem } from './archive/archive-problem.ts'
import { readArchive } from './archive/read-archive.ts'
import { archiveFormat, contentsFormat, rolesFormat, sqlFormat, type Flags } from './descriptor.ts'
import { excludeArgs, excludedTables, type Excluded } from './exclude/excluded-tables.ts'
import type { PostgresFingerprint } from './fingerprint/fingerprint.ts'
import { readFingerprint } from './fingerprint/read-fingerprint.ts'
import { readSequences } from './fingerprint/read-sequences.ts'
import { placeOf } from './server/place.ts'
import { type Place } from './server/server.ts'
import { Session } from './server/session.ts'
import { toolsToDump } from './tools/choose-tools.ts'
import { findTools, type Tools } from './tools/find-tools.ts'
import { SqlReader } from './sql/read-sql.ts'
import { clientCall, type ClientCall } from './tools/run-client.ts'
import { toolProblem } from './tools/tool-problem.ts'

/**
 * A transaction of ours holds the moment that is dumped: pg_dump reads in it, and so does the fingerprint, side by side.
 */
export function dump(request: DumpRequest<Flags>, host: Host): Dump {
  const ended = new AbortController()
  const inner: Host = { ...host, signal: AbortSignal.any([host.signal, ended.signal]) }
  const archived = Promise.withResolvers<void>()
  archived.promise.catch(() => {})
  let started: Promise<Snapshot> | undefined
  let fingerprinting: Promise<PostgresFingerprint> | undefined
  const start = () => (started ??= takeSnapshot(request, inner))

  return {
    members: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Member> {
        try {
          const snapshot = await start()
          if (snapshot.isSql) {
            yield { name: 'main', format: sqlFormat, bytes: ending(dumpSql(snapshot, host), archived.resolve) }
            yield { name: 'contents', format: contentsFormat, bytes: dumpArchive(snapshot, ['--schema-only'], host) }
          } else {
            yield {
              name: 'main',
              format: archiveFormat,
              bytes: ending(dumpArchive(snapshot, [], host), archived.resolve),
            }
          }
          yield { name: 'roles', format: rolesFormat, bytes: dumpRoles(snapshot, host) }
        } finally {
          archived.reject(host.error('DUMP_FAILED', 'The dump was ended before its end'))
        }
      },
    },
    fingerprint() {
      fingerprinting = start().then(({ session, sequences, excluded }) => {
        if (sequences === undefined) throw host.error('INTERNAL', 'This dump was asked for without a fingerprint')
        const after = async () => {
          await orAborted(archived.promise, inner.signal)
          return await readSequences(session)
        }
        return readFingerprint(session, sequences, after, { excluded: excluded.tables })
      })
      return fingerprinting
    },
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      await fingerprinting?.catch(() => {})
      const snapshot = await started?.catch(() => undefined)
      await snapshot?.session[Symbol.asyncDispose]()
    },
  }
}

interface Snapshot {
  readonly place: Place
  readonly tools: Tools
  readonly session: Session
  readonly id: string
  readonly isSql: boolean
  readonly excluded: Excluded
  /** A standby cannot read unlogged tables. */
  readonly standby: boolean
  /** Where they stood before; absent when no fingerprint is wanted. */
  readonly sequences?: Awaited<ReturnType<typeof readSequences>>
}

async function takeSnapshot({ source, fingerprint }: DumpRequest<Flags>, host: Host): Promise<Snapshot> {
  host.signal.throwIfAborted()
  const place = await placeOf(source, host)
  const session = await Session.open(place.server, place.database, host)
  try {
    await session.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const { id, version, standby } = await session.row<{ id: string; version: string; standby: boolean }>(
      `SELECT pg_catalog.pg_export_snapshot() AS id, pg_catalog.current_setting('server_version') AS version,
        pg_catalog.pg_is_in_recovery() AS standby`,
    )
    const tools = toolsToDump(await findTools(source.flags['bin-dir'], host), Number.parseInt(version, 10), host)
    const excluded = await excludedTables(session, source.flags['exclude-table-data'] ?? [], host)
    const common = { place, tools, session, id, standby, excluded, isSql: source.flags.format === 'plain' }
    return fingerprint ? { ...common, sequences: await readSequences(session) } : common
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

/** Calls `ended` when all was read, before whoever reads is told. */
async function* ending(bytes: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  yield* bytes
  ended()
}

async function* dumpArchive(snapshot: Snapshot, also: string[], host: Host): AsyncGenerator<Uint8Array> {
  await using client = await pgDump(snapshot, ['--format=custom', '--compress=0', ...also], host)
  try {
    yield* readArchive(host.runTool(client.call))
  } catch (error) {
    throw dumpProblem(error, host)
  }
}

async function* dumpSql(snapshot: Snapshot, host: Host): AsyncGenerator<Uint8Array> {
  await using client = await pgDump(snapshot, ['--format=plain'], host)
  const reader = new SqlReader()
  try {
    for await (const chunk of host.runTool(client.call)) {
      reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      reader.taken()
      yield chunk
    }
    reader.end()
  } catch (error) {
    throw dumpProblem(error, host)
  }
}

function pgDump(
  { place, tools, id, standby, excluded }: Snapshot,
  args: readonly string[],
  host: Host,
): Promise<ClientCall> {
  const always = [
    `--lock-wait-timeout=${place.server.lockTimeout}s`,
    `--snapshot=${id}`,
    ...(standby ? ['--no-unlogged-table-data'] : []),
    ...excludeArgs(excluded),
  ]
  return clientCall(join(tools.directory, 'pg_dump'), [...args, ...always], place, host)
}

function dumpProblem(error: unknown, host: Host): unknown {
  host.signal.throwIfAborted()
  return archiveProblem(host, 'DUMP_INCOMPLETE', toolProblem(host, 'pg_dump failed', 'DUMP_FAILED', error))
}

/** Roles belong to the server, not to a database: without them a restore elsewhere finds no owners. No passwords. */
async function* dumpRoles({ place, tools }: Snapshot, host: Host): AsyncGenerator<Uint8Array> {
  const args = ['--roles-only', '--no-role-passwords']
  await using client = await clientCall(join(tools.directory, 'pg_dumpall'), args, place, host)
  let end = Buffer.alloc(0)
  try {
    for await (const chunk of host.runTool(client.call)) {
      end = Buffer.concat([end, chunk]).subarray(-TRAILER_WITHIN)
      yield chunk
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw toolProblem(host, 'pg_dumpall failed', 'DUMP_FAILED', error)
  }
  if (!end.includes(TRAILER)) throw host.error('DUMP_INCOMPLETE', 'What pg_dumpall wrote of the roles has no end')
}

const TRAILER = '-- PostgreSQL database cluster dump complete'
const TRAILER_WITHIN = 400

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
