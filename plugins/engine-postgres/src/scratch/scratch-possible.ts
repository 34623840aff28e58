import type { Host, Probe, ScratchChoice, Source } from 'dbvault'
import type { Flags } from '../descriptor.ts'
import { placeOf } from '../server/place.ts'
import { nameOf } from '../server/server.ts'
import { Session } from '../server/session.ts'
import type { Tools } from '../tools/find-tools.ts'
import { refuseUnlessEmpty } from './given-database.ts'
import { privateTools } from './open-scratch.ts'
import { ScratchUnavailable } from './unavailable.ts'

interface Known {
  readonly source: Source<Flags>
  readonly found: readonly Tools[]
  /** What the dump is made with. */
  readonly tools: Tools
  /** Of the source's server. */
  readonly major: number
}

/** Says before the dump whether a proof will have somewhere to restore to. */
export async function scratchPossible(
  session: Session,
  known: Known,
  { mode, url }: ScratchChoice = { mode: 'auto' },
  host: Host,
): Promise<Probe['scratch']> {
  const onPrivate = async () => void privateTools(known.found, known.tools.major, known.major)
  const ways = {
    private: [onPrivate],
    source: [() => onSource(session)],
    auto: [onPrivate, () => onSource(session)],
    url: [() => onUrl(url, known.source, host)],
  }[mode]
  const reasons: ScratchUnavailable[] = []
  for (const way of ways) {
    try {
      await way()
      return { possible: true }
    } catch (error) {
      if (!(error instanceof ScratchUnavailable)) throw error
      reasons.push(error)
    }
  }
  return {
    possible: false,
    why: reasons.map(({ message }) => message).join('; '),
    hints: [
      ...reasons.flatMap(({ hints }) => hints),
      ...(mode === 'url' ? [] : ['Or name a server to try it on: --scratch postgres://…']),
    ],
  }
}

async function onSource(session: Session): Promise<void> {
  const { name, may, standby } = await rightsOf(session)
  if (standby) throw new ScratchUnavailable('the source is a standby, where no database can be made')
  if (may) return
  throw new ScratchUnavailable('the user may not make a scratch database on the source', [
    `Allow it: ALTER ROLE ${name} CREATEDB;`,
  ])
}

async function onUrl(url: ScratchChoice['url'], { flags }: Source<Flags>, host: Host): Promise<void> {
  const { server, database } = await placeOf({ database: '', flags, ...(url && { url }) }, host)
  const session = await Session.open(server, database, host).catch((error: unknown) => {
    host.signal.throwIfAborted()
    throw new ScratchUnavailable(
      `what --scratch names cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    )
  })
  await using there = session
  const { may, standby } = await rightsOf(there)
  if (standby) throw new ScratchUnavailable(`${nameOf(server)} is a standby, where nothing can be restored`)
  if (!may) await refuseUnlessEmpty(there, server.user)
}

async function rightsOf(session: Session): Promise<{ name: string; may: boolean; standby: boolean }> {
  return await session.row(`
    SELECT pg_catalog.quote_ident(current_user) AS name, rolsuper OR rolcreatedb AS may, pg_catalog.pg_is_in_recovery() AS standby
    FROM pg_catalog.pg_roles WHERE rolname = current_user`)
}
