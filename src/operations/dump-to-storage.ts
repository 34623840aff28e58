import type { Fingerprint, Format, Member } from '../contract/engine.ts'
import type { Host } from '../contract/host.ts'
import type { ObjectStat, Storage } from '../contract/storage.ts'
import { fileName, namesFor } from '../catalog/layout.ts'
import { type PendingMarker, startMarker } from '../catalog/pending-marker.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type Digested, writeArtifact } from '../pipeline/artifact.ts'
import { type Encoding, suffixOf } from '../pipeline/encoding.ts'
import { linked, settleAll } from '../pipeline/linked.ts'
import { throttle } from '../pipeline/throttle.ts'
import type { MemberResult } from './backup-request.ts'
import type { BackupRun } from './backup-run.ts'

/** A dump as it lies in the first destination, not committed yet. */
export interface DumpedBackup {
  readonly storage: Storage
  readonly members: readonly DumpedMember[]
  readonly fingerprint?: Fingerprint
  readonly marker: PendingMarker
  /** Deletes every artifact. Throws nothing: what cannot be deleted is an orphan, and listed as one. */
  discard(): Promise<void>
}

export interface DumpedMember extends MemberResult {
  readonly storage: Storage
  readonly key: string
  readonly format: Format
  readonly stat: ObjectStat
}

/** Runs the dump once, from its first byte into the storage. When it rejects, the storage holds nothing of it. */
export async function dumpToStorage(run: BackupRun, encoding: Encoding): Promise<DumpedBackup> {
  const { request, context, subject } = run
  const destination = request.destinations[0]
  if (!destination) throw new DbvaultError('USAGE', 'A backup needs a place to be stored')
  const { storage } = destination
  const folder = (destination.prefix ?? '') + request.engine.descriptor.name
  const place = destination.key === undefined ? { folder, id: run.id } : { exact: destination.key }
  const members: DumpedMember[] = []
  let marker: PendingMarker | undefined

  const discard = async (): Promise<void> => {
    const host = run.cleanupHost()
    await Promise.allSettled(members.map(({ key }) => storage.delete(key, host)))
  }

  run.phase('dumping')
  try {
    return await linked(context.signal, async (signal, fail) => {
      const host = run.host(signal)
      await using dump = request.engine.dump({ source: request.source, fingerprint: request.prove !== 'none' }, host)
      const [, fingerprint] = await settleAll(
        [storeMembers(dump.members, host), request.prove === 'none' ? Promise.resolve(undefined) : dump.fingerprint()],
        fail,
      )
      if (!marker)
        throw new DbvaultError('DUMP_FAILED', `The engine ${request.engine.descriptor.name} dumped nothing at all`)
      return { storage, members, marker, discard, ...(fingerprint && { fingerprint }) }
    })
  } catch (error) {
    await discard()
    await marker?.remove(run.cleanupHost()).catch(() => {})
    throw error
  }

  async function storeMembers(source: AsyncIterable<Member>, host: Host): Promise<void> {
    for await (const member of source) await storeMember(member, host)
  }

  async function storeMember(member: Member, host: Host): Promise<void> {
    const names = namesFor(place, member.format.extension, suffixOf(encoding))
    const key = members.length === 0 ? names.main : names.member(member.name)
    marker ??= await startMarker(storage, key, host)
    const before = members.reduce((sum, { dump }) => sum + dump.bytes, 0)
    const bytes =
      request.limitRate === undefined ? member.bytes : throttle(request.limitRate, host.signal)(member.bytes)
    const written = await writeArtifact(bytes, encoding, { storage, key }, host, (total) =>
      context.report({ kind: 'progress', subject, bytes: before + total }),
    )
    members.push({
      name: member.name,
      storage,
      key,
      format: member.format,
      stat: written.stat,
      ...describe(key, written, encoding),
    })
  }
}

function describe(
  key: string,
  written: { readonly dump: Digested; readonly artifact: Digested },
  encoding: Encoding,
): Pick<MemberResult, 'artifact' | 'dump'> {
  return {
    artifact: {
      name: fileName(key),
      ...written.artifact,
      compression: encoding.compression,
      encryption: encoding.cipher?.scheme ?? 'none',
    },
    dump: written.dump,
  }
}
