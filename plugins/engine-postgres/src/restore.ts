import type { Host, RestoreReport, RestoreRequest, TargetState } from 'dbvault'
import { archiveProblem } from './archive/archive-problem.ts'
import { leftOut } from './archive/restore-list.ts'
import { majorOf } from './archive/table-of-contents.ts'
import type { Flags } from './descriptor.ts'
import { differences } from './fingerprint/differences.ts'
import { fingerprintOf } from './fingerprint/fingerprint-of.ts'
import { asPostgresFingerprint, counts, type PostgresFingerprint } from './fingerprint/fingerprint.ts'
import { membersOf } from './members.ts'
import { openBackup, type OpenBackup } from './open-backup.ts'
import { BESIDE, sweep } from './scratch/sweep.ts'
import { identifier } from './server/identifier.ts'
import { placeOf } from './server/place.ts'
import { holdRunLock } from './server/run-lock.ts'
import { nameOf, type Place } from './server/server.ts'
import { isSqlState } from './server/server-error.ts'
import type { Session } from './server/session.ts'
import { discard, makeDatabase, nameBeside } from './target/beside.ts'
import { commentOn, setDatabaseProperties } from './target/database-properties.ts'
import { mayBuildBeside, restoreInPlace } from './target/in-place.ts'
import { putInPlace } from './target/put-in-place.ts'
import { refuseUnlessReplaceable } from './target/replaceable.ts'
import { refuseUnlessRestorable } from './target/restorable.ts'
import { openMaintenance, targetState } from './target/target-state.ts'
import { toolsToRestore, type RestoreWay } from './tools/choose-tools.ts'
import { findTools } from './tools/find-tools.ts'
import type { RestoreOptions } from './tools/restore-options.ts'
import { runRestore } from './tools/run-restore.ts'
import { toolProblem } from './tools/tool-problem.ts'

/**
 * Makes a database beside the target, restores into that, compares it, and only then gives it the target's name. Where
 * the user may not do that, but was given an empty database, or where something was set on that, it is restored into it,
 * and compared before the commit.
 */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const members = membersOf(stored, host, 'RESTORE_FAILED')
  const place = await placeOf(target, host)
  const { state, description, hasSettings } = await targetState(place, host)
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
  const compare = (found: PostgresFingerprint): void => refuseDifferent(wanted, found, place, host)
  try {
    await using opened = await openBackup(members, host)
    await using session = await openMaintenance(place, host)
    const beside = !(state === 'empty' && hasSettings) && (await mayBuildBeside(session, place))
    if (!beside && state !== 'empty') throw mayNotBuild(place, state, host)
    await refuseUnlessRestorable(opened, { owners, privileges }, session, host)
    const { way, superuser } = await wayInto(session, opened, target.flags['bin-dir'], host)
    const options = { relations: false, eventTriggers: !superuser, owners, privileges }
    sayWhatIsLeftOut(opened, options, host)
    const found = beside
      ? await restoreBeside(session, opened, { ...place, state, replace: target.replace }, way, options, compare, host)
      : await restoreInPlace(opened, place, way, options, compare, host)
    return {
      target: `${place.database} on ${nameOf(place.server)}`,
      outcome: wanted ? 'equal' : 'restorable',
      restored: counts(found),
    }
  } catch (error) {
    host.signal.throwIfAborted()
    throw restoreError(host, error)
  }
}

/** `session` stands for this run as long as it lasts: what it makes beside the target is swept by no other. */
async function restoreBeside(
  session: Session,
  opened: OpenBackup,
  { state, replace, ...place }: Place & Pick<TargetState, 'state'> & { readonly replace: boolean },
  way: RestoreWay,
  options: RestoreOptions,
  compare: (found: PostgresFingerprint) => void,
  host: Host,
): Promise<PostgresFingerprint> {
  const { contents } = opened
  const replaces = state !== 'absent'
  if (replaces) await refuseUnlessReplaceable(session, place, host)
  const id = await holdRunLock(session)
  await sweep(session, host)
  const made = nameBeside(place.database, BESIDE + id)
  try {
    await makeDatabase(session, place, made, contents, { ...options, server: way.server })
    await runRestore(opened, { ...place, database: made }, way, options, host)
    const found = await fingerprintOf({ ...place, database: made }, host)
    compare(found)
    await setDatabaseProperties(session, contents, made, options, host)
    const replaced = replaces ? nameBeside(place.database, `_replaced_${id}`) : undefined
    await putInPlace(session, place, made, replaced, commentOn(place.database, contents), replace, host)
    return found
  } catch (error) {
    await discard(place, made, host)
    throw error
  }
}

async function wayInto(
  session: Session,
  { contents, isSql }: OpenBackup,
  binDir: string | undefined,
  host: Host,
): Promise<{ way: RestoreWay; superuser: boolean }> {
  const { version, superuser } = await session.row<{ version: string; superuser: boolean }>(
    `SELECT pg_catalog.current_setting('server_version') AS version,
      (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser`,
  )
  const server = majorOf(version)
  if (isSql) return { way: { server, direct: false }, superuser }
  return { way: toolsToRestore(await findTools(binDir, host), majorOf(contents.dumpVersion), server, host), superuser }
}

function mayNotBuild({ server, database }: Place, state: TargetState['state'], host: Host): Error {
  const what = state === 'absent' ? 'make databases' : `replace the database ${JSON.stringify(database)}`
  return host.error('SOURCE_DENIED', `The user ${server.user} may not ${what} on ${nameOf(server)}`, {
    hints: [
      state === 'absent'
        ? `Allow it: ALTER ROLE ${identifier(server.user)} CREATEDB;`
        : 'It takes a user with CREATEDB who owns the database.',
      'Or have an empty database made that belongs to the user, and restore into that.',
    ],
  })
}

function sayWhatIsLeftOut({ contents }: OpenBackup, options: RestoreOptions, host: Host): void {
  const said = leftOut(contents, options).filter(({ kind }) => kind === 'EXTENSION' || kind === 'EVENT TRIGGER')
  if (said.length === 0) return
  const names = said.map(({ kind, name }) => `${kind.toLowerCase()} ${name}`).join(', ')
  host.report({
    kind: 'warning',
    message: `Not restored, because it cannot be made in this database by this user: ${names}`,
  })
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
  if (isSqlState(error)) {
    return host.error('RESTORE_FAILED', `The server refused: ${error.message}. The target is as it was`, {
      cause: error,
    })
  }
  return archiveProblem(host, 'RESTORE_FAILED', error)
}
