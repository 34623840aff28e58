import type { Fingerprint, Host, Source } from 'dbvault'
import { archiveProblem } from '../archive/archive-problem.ts'
import { teeArchive } from '../archive/tee-archive.ts'
import type { Flags } from '../descriptor.ts'
import { ContentSums } from '../fingerprint/content-sums.ts'
import { makeFingerprint } from '../fingerprint/fingerprint.ts'
import { countDocuments } from '../server/read-documents.ts'
import { refuseIfShort } from '../server/refuse-if-short.ts'
import { eachOf } from '../side-by-side.ts'
import { openSource } from '../source.ts'
import { lastWords, requireProgram, toolCall } from './tool-call.ts'

/**
 * What mongodump writes, read as it passes. It says nothing when a database or a collection is not there, and its
 * archive may end well after a failure: so what it wrote is held against what the server lists and counts.
 */
export async function* dumpByTool(source: Source<Flags>, host: Host): AsyncGenerator<Uint8Array, Fingerprint> {
  await using opened = await openSource(source, host)
  const { server, database, collections } = opened
  const stored = collections.filter(({ type }) => type !== 'view')
  const atOnce = server.place.parallel
  const before = await eachOf(stored, atOnce, (each) => countDocuments(server, database, each))
  const program = await requireProgram('mongodump', source.flags['bin-dir'], host)
  const args = [`--db=${database}`, `--numParallelCollections=${atOnce}`]
  await using tool = await toolCall(program, args, server.place, host)
  const sums = new ContentSums()
  try {
    const prelude = yield* teeArchive(host.runTool(tool.call), (batch) => sums.add(batch))
    const written = prelude.collections.map(({ name }) => name)
    const missing = collections.find(({ name }) => !written.includes(name))
    if (prelude.database !== database || missing !== undefined) {
      throw host.error('DUMP_INCOMPLETE', `mongodump left out the collection ${JSON.stringify(missing?.name)}`, {
        retryable: true,
      })
    }
    await eachOf(stored, atOnce, async (each) => {
      await refuseIfShort(server, database, each, before[stored.indexOf(each)] ?? 0, sums.of(each), host)
    })
    return makeFingerprint(prelude.collections, sums.all(prelude.collections))
  } catch (error) {
    host.signal.throwIfAborted()
    throw archiveProblem(host, 'DUMP_INCOMPLETE', toolProblem(host, error))
  }
}

function toolProblem(host: Host, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED')) return error
  return host.error('DUMP_FAILED', `mongodump failed: ${lastWords(error)}`, { retryable: true, cause: error })
}
