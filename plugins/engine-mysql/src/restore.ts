import type { Host, RestoreReport, RestoreRequest } from 'dbvault'
import { absentDefiners } from './audit/absent-definers.ts'
import type { Flags } from './descriptor.ts'
import {
  asMysqlFingerprint,
  counts,
  differences,
  type DefinitionEntry,
  type MysqlFingerprint,
} from './fingerprint/fingerprint.ts'
import { readEvents } from './fingerprint/read-definitions.ts'
import { digested, readFingerprint } from './fingerprint/read-fingerprint.ts'
import { checkViews } from './scratch/check-views.ts'
import { load, refuseLongRows } from './scratch/load.ts'
import { originOf } from './scratch/origin.ts'
import { scratchSchema } from './scratch/scratch-schema.ts'
import { databaseOf, loginOf, placeOf } from './server/login.ts'
import { nameOnServer } from './server/name-on-server.ts'
import { name, shown } from './server/quote.ts'
import { isServerError, said, serverError } from './server/server-error.ts'
import { connect, type Session } from './server/session.ts'
import { readMembers } from './sql/members.ts'
import { readStored } from './sql/read-stored.ts'
import { contentsOf } from './target/contents.ts'
import { holdAlone } from './target/hold-alone.ts'
import { recover } from './target/recover.ts'
import { notEmpty, swap } from './target/swap.ts'
import { findTool } from './tool/find-tools.ts'
import { restoreError } from './tool/proof-error.ts'

/** Restores into a database beside the target, compares it there, and only then gives it the target's name. */
export async function restore({ stored, target, expected }: RestoreRequest<Flags>, host: Host): Promise<RestoreReport> {
  host.signal.throwIfAborted()
  const { main, events } = readMembers(stored, host, 'RESTORE_FAILED')
  const wanted = expected && asMysqlFingerprint(expected)
  if (expected && wanted === undefined) {
    const message = `The rows cannot be compared: this version does not know the fingerprint "${expected.scheme}"`
    host.report({ kind: 'warning', message })
  }
  let database = databaseOf(target, host)
  const login = await loginOf(target, host)
  try {
    await using session = await connect(login, host)
    database = await nameOnServer(session, database)
    const stillAlone = await holdAlone(session, database, host)
    await recover(session, database, host)
    if (!target.replace) await refuseOccupied(session)
    await using beside = await scratchSchema('restore', login, host, { replicated: true })
    const { facts } = beside
    const tool = await findTool('client', facts.vendor, target.flags, host)
    await refuseLongRows(wanted?.longest, beside.session, host, 'RESTORE_FAILED')
    const dumped = wanted?.database ?? (await originOf(main, beside.host)).database
    await load(main, beside, tool, beside.host, 'RESTORE_FAILED', { database: dumped })
    const found = await readFingerprint(beside.session, {
      facts,
      database: beside.database,
      history: wanted?.history ?? false,
    })
    if (wanted) refuseDifferent(wanted, found)
    // Before anything is changed: the last member has to be whole too.
    if (events) for await (const _ of readStored(events, beside.host, 'RESTORE_FAILED'));
    await stillAlone()
    await swap(beside, database, target.replace, host, async () => {
      if (!events) return
      await load(events, { session: beside.session, database, preamble: '' }, tool, beside.host, 'RESTORE_FAILED')
      if (wanted)
        refuseDifferent(wanted, { ...found, definitions: [...found.definitions, ...(await eventsOf(beside.session))] })
    })
    // The restore is whole: that nobody can be asked any more does not make it fail.
    await warnOfUnusable(beside.session).catch((error: unknown) => {
      host.signal.throwIfAborted()
      const why = isServerError(error) ? said(error) : String(error)
      host.report({ kind: 'warning', message: `Whether its views can be used could not be looked at: ${why}` })
    })
    return {
      target: `database ${shown(database)} on ${placeOf(login)}`,
      outcome: wanted ? 'equal' : 'restorable',
      restored: { ...counts(found), ...(wanted && events ? { events: counts(wanted)['events'] ?? 0 } : {}) },
    }
  } catch (error) {
    if (isServerError(error)) host.signal.throwIfAborted()
    throw serverError(host, login, restoreError(host, error), 'RESTORE_FAILED')
  }

  async function warnOfUnusable(session: Session): Promise<void> {
    const absent = await absentDefiners(session, database)
    if (absent) host.report({ kind: 'warning', message: absent })
    for (const { name: view, why, kind } of await checkViews(session, database)) {
      if (kind === 'definer' && absent) continue
      host.report({ kind: 'warning', message: `View ${shown(view)} was restored, but cannot be used: ${why}` })
    }
  }

  async function refuseOccupied(session: Session): Promise<void> {
    const contents = await contentsOf(session, database)
    if (contents && contents.tables + contents.others > 0) throw notEmpty(host, database)
  }

  async function eventsOf(session: Session): Promise<DefinitionEntry[]> {
    await session.run(`USE ${name(database)}`)
    return (await readEvents(session, database, 'lasting')).map(digested)
  }

  function refuseDifferent(known: MysqlFingerprint, found: MysqlFingerprint): void {
    const withEvents = found.definitions.some(([kind]) => kind === 'event')
    const wrong = differences(known, found, { events: withEvents })
    if (wrong.length === 0) return
    throw host.error('RESTORE_FAILED', `What was restored is not what was dumped: ${wrong[0]}`, {
      hints: [...wrong.slice(1), `Nothing was changed in ${shown(database)}.`],
    })
  }
}
