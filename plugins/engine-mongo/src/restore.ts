import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { archiveProblem } from './archive/archive-problem.ts'
import type { Collection } from './archive/collection.ts'
import { ArchiveReader } from './archive/read-archive.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asMongoFingerprint, counts } from './fingerprint/fingerprint.ts'
import { archiveOf, bytesOf } from './members.ts'
import { hintsOf } from './server/machine-problem.ts'
import { placeOf, requireDatabase } from './server/place.ts'
import { RefusedError } from './server/refused-error.ts'
import { Server } from './server/server.ts'
import { discard } from './target/discard.ts'
import { fill } from './target/fill.ts'
import { putInPlace } from './target/put-in-place.ts'
import { recoverSwaps } from './target/recover-swap.ts'
import { isMovable, refuseUnlessReplaceable } from './target/replaceable.ts'
import { targetState } from './target/target-state.ts'
import { TemporaryNames } from './target/temporary-names.ts'
import { refuseMovedAside } from './target/unfinished.ts'
import { loadByTool, refuseUnlessOneRule } from './tools/load-by-tool.ts'

/** Makes collections beside those of the target, fills and compares them, and only then gives them their names. */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const archive = archiveOf(stored, host, 'RESTORE_FAILED')
  const place = placeOf(target, host)
  const database = requireDatabase(place, host)
  const wanted = expected && asMongoFingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `The documents cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }
  try {
    await using server = await Server.open(place, host)
    await recoverSwaps(server, database, host)
    const { collections: old } = await refuseOccupied(server, database, target.replace, host)
    refuseMovedAside(old, database, host)
    await using reader = await ArchiveReader.open(bytesOf(archive, host))
    const { collections, foreign } = reader.prelude
    for (const name of foreign) {
      host.report({ kind: 'warning', message: `Not restored, because it belongs to the server: ${name}` })
    }
    refuseUnlessReplaceable(old, collections, server, host)
    const byTool = target.flags.tool === true
    const fixed = collections.filter((collection) => !isMovable(collection, server)).map(({ name }) => name)
    if (byTool) refuseUnlessOneRule(collections, fixed, host)
    const names = new TemporaryNames(randomBytes(4).toString('hex'))
    const made = collections.map((collection) => ({
      collection,
      from: byTool
        ? names.prefix + collection.name
        : fixed.includes(collection.name)
          ? collection.name
          : names.next('new'),
    }))
    const fromOf = new Map(made.map(({ collection, from }) => [collection.name, from]))
    const nameOf = ({ name }: Collection): string => fromOf.get(name) ?? name
    // Nobody else makes collections of the other names; one of a fixed name may be somebody's who was faster.
    const ours = new Set([...fromOf.values()].filter((name) => !fixed.includes(name)))
    try {
      const filling = { server, database, nameOf, onMade: (name: string) => void ours.add(name) }
      const tool = { server, database, prefix: names.prefix, binDir: target.flags['bin-dir'] }
      const { found, loaded } = await (byTool
        ? fill(reader, filling, host, () => loadByTool(archive, reader.prelude, tool, host))
        : fill(reader, filling, host))
      const [first, ...more] = differences(wanted ?? loaded, found)
      if (first !== undefined) {
        throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${first}`, {
          hints: [...more, `Nothing was changed in the database ${JSON.stringify(database)}.`],
        })
      }
      if (!target.replace) await refuseOccupied(server, database, false, host, new Set(fromOf.values()))
      await putInPlace({ place, database, names, old, made }, host)
      return {
        target: `${database} on ${place.name}`,
        outcome: wanted ? 'equal' : 'restorable',
        restored: counts(found),
      }
    } catch (error) {
      await discard(place, database, [...ours], host)
      throw error
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw restoreError(host, error)
  }
}

/** @throws TARGET_NOT_EMPTY when there is anything but `ours` */
async function refuseOccupied(
  server: Server,
  database: string,
  replace: boolean,
  host: Host,
  ours: ReadonlySet<string> = new Set(),
): ReturnType<typeof targetState> {
  const found = await targetState(server, database)
  if (!replace && found.collections.some(({ name }) => !ours.has(name))) {
    throw host.error('TARGET_NOT_EMPTY', `The target is not empty: ${found.description}`, {
      hints: ['Restore into another database, or replace this one with --replace.'],
    })
  }
  return found
}

function restoreError(host: Host, error: unknown): unknown {
  if (error instanceof RefusedError) {
    return host.error('RESTORE_FAILED', `The restore failed, and the target is as it was: ${error.message}`, {
      hints: hintsOf(error),
      cause: error,
    })
  }
  if (error instanceof Error && 'code' in error && error.code === 'DUMP_FAILED') {
    return host.error('RESTORE_FAILED', error.message, { cause: error })
  }
  return archiveProblem(host, 'RESTORE_FAILED', error)
}
