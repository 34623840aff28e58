import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { randomBytes } from 'node:crypto'
import { archiveProblem } from './archive/archive-problem.ts'
import { openArchive, type OpenArchive } from './archive/open-archive.ts'
import { leftOut } from './archive/restore-list.ts'
import { majorOf } from './archive/table-of-contents.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { asPostgresFingerprint, counts, type PostgresFingerprint } from './fingerprint/fingerprint.ts'
import { membersOf } from './members.ts'
import { fingerprintOf } from './prove.ts'
import { placeOf } from './server/place.ts'
import { nameOf, type Place } from './server/server.ts'
import { sqlState } from './server/server-error.ts'
import type { Session } from './server/session.ts'
import { discard, makeDatabase, nameBeside } from './target/beside.ts'
import { setDatabaseProperties } from './target/database-properties.ts'
import type { Kept } from './target/missing-roles.ts'
import { putInPlace } from './target/put-in-place.ts'
import { refuseUnlessReplaceable } from './target/replaceable.ts'
import { refuseUnlessRestorable } from './target/restorable.ts'
import { openMaintenance, targetState } from './target/target-state.ts'
import { toolsToRestore } from './tools/choose-tools.ts'
import { findTools } from './tools/find-tools.ts'
import { runRestore } from './tools/run-restore.ts'
import { toolProblem } from './tools/tool-problem.ts'

/** Makes a database beside the target, restores into that, compares it, and only then gives it the target's name. */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const { archive } = membersOf(stored, host, 'RESTORE_FAILED')
  const place = await placeOf(target, host)
  const { state, description } = await targetState(place, host)
  if (state === 'occupied' && !target.replace) {
    throw host.error('TARGET_NOT_EMPTY', `The target is not empty: ${description}`, {
      hints: ['Restore into another database, or replace this one with --replace.'],
    })
  }
  const wanted = expected && asPostgresFingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `The rows cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }
  const { owners, privileges } = target.flags
  const kept = { owners, privileges }
  try {
    await using opened = await openArchive(archive, host)
    await using session = await openMaintenance(place, host)
    await refuseUnlessRestorable(opened, kept, session, host)
    if (state !== 'absent') await refuseUnlessReplaceable(session, place, host)
    const suffix = randomBytes(4).toString('hex')
    const made = nameBeside(place.database, `_dbvault_${suffix}`)
    try {
      await makeDatabase(session, place, made, opened.contents, kept)
      const found = await fill(opened, { ...place, database: made }, kept, target.flags['bin-dir'], session, host)
      refuseDifferent(wanted, found, place, host)
      await setDatabaseProperties(session, opened.contents, made, kept, host)
      await putInPlace(
        session,
        place,
        made,
        state === 'absent' ? undefined : nameBeside(place.database, `_replaced_${suffix}`),
        host,
      )
      return {
        target: `${place.database} on ${nameOf(place.server)}`,
        outcome: wanted ? 'equal' : 'restorable',
        restored: counts(found),
      }
    } catch (error) {
      await discard(place, made, host)
      throw error
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw restoreError(host, error)
  }
}

async function fill(
  opened: OpenArchive,
  made: Place,
  kept: Kept,
  binDir: string | undefined,
  session: Session,
  host: Host,
): Promise<PostgresFingerprint> {
  const { version, superuser } = await session.row<{ version: string; superuser: boolean }>(
    `SELECT pg_catalog.current_setting('server_version') AS version,
      (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser`,
  )
  const dumped = majorOf(opened.contents.dumpVersion)
  const tools = toolsToRestore(await findTools(binDir, host), dumped, majorOf(version), host)
  const leaveOut = leftOut(opened.contents, { relations: false, eventTriggers: !superuser })
  const said = leaveOut.filter(({ kind }) => kind === 'EXTENSION' || kind === 'EVENT TRIGGER')
  if (said.length > 0) {
    const names = said.map(({ kind, name }) => `${kind.toLowerCase()} ${name}`).join(', ')
    host.report({
      kind: 'warning',
      message: `Not restored, because it cannot be made in this database by this user: ${names}`,
    })
  }
  await runRestore(opened, made, tools, { leaveOut, ...kept }, host)
  return await fingerprintOf(made, host)
}

function refuseDifferent(
  wanted: PostgresFingerprint | undefined,
  found: PostgresFingerprint,
  place: Place,
  host: Host,
): void {
  const [first, ...more] = wanted ? differences(wanted, found) : []
  if (first === undefined) return
  throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${first}`, {
    hints: [...more, `Nothing was changed in the database ${JSON.stringify(place.database)}.`],
  })
}

function restoreError(host: Host, error: unknown): unknown {
  const isTool = error instanceof Error && 'code' in error && error.code === 'TOOL_FAILED'
  if (isTool) {
    const { message, hints } = toolProblem(host, 'The restore failed', 'RESTORE_FAILED', error) as Error & {
      hints: string[]
    }
    return host.error('RESTORE_FAILED', `${message}. The target is as it was`, { hints, cause: error })
  }
  const state = sqlState(error) ?? ''
  if (/^[0-9A-Z]{5}$/.test(state)) {
    return host.error('RESTORE_FAILED', `The server refused: ${(error as Error).message}`, { cause: error })
  }
  return archiveProblem(host, 'RESTORE_FAILED', error)
}
