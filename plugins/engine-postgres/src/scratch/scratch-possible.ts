import type { Probe, ScratchChoice } from 'dbvault'
import type { Session } from '../server/session.ts'
import { canRestore } from '../tools/choose-tools.ts'
import type { Tools } from '../tools/find-tools.ts'
import { privateTools } from './open-scratch.ts'
import { ScratchUnavailable } from './unavailable.ts'

interface Known {
  readonly found: readonly Tools[]
  /** What the dump is made with. */
  readonly tools: Tools
  /** Of the source's server. */
  readonly major: number
}

/** Says before the dump whether a proof will have somewhere to restore to. Another server is only tried when it is needed. */
export async function scratchPossible(
  session: Session,
  known: Known,
  { mode }: ScratchChoice = { mode: 'auto' },
): Promise<Probe['scratch']> {
  const ways = {
    private: [onPrivate],
    source: [onSource],
    auto: [onPrivate, onSource],
    url: [],
  }[mode]
  const reasons: ScratchUnavailable[] = []
  for (const way of ways) {
    const reason = await way(session, known)
    if (reason === undefined) return { possible: true }
    reasons.push(reason)
  }
  if (reasons.length === 0) return { possible: true }
  return {
    possible: false,
    why: reasons.map(({ message }) => message).join('; '),
    hints: [...reasons.flatMap(({ hints }) => hints), 'Or name a server to try it on: --scratch postgres://…'],
  }
}

async function onPrivate(_: Session, { found, tools, major }: Known): Promise<ScratchUnavailable | undefined> {
  try {
    privateTools(found, tools.major, major)
    return undefined
  } catch (error) {
    if (error instanceof ScratchUnavailable) return error
    throw error
  }
}

async function onSource(session: Session, { found, tools, major }: Known): Promise<ScratchUnavailable | undefined> {
  const { name, may, standby } = await session.row<{ name: string; may: boolean; standby: boolean }>(`
    SELECT pg_catalog.quote_ident(current_user) AS name, rolsuper OR rolcreatedb AS may, pg_catalog.pg_is_in_recovery() AS standby
    FROM pg_catalog.pg_roles WHERE rolname = current_user`)
  if (standby) return new ScratchUnavailable('the source is a standby, where no database can be made')
  if (!may) {
    return new ScratchUnavailable('the user may not make a scratch database on the source', [
      `Allow it: ALTER ROLE ${name} CREATEDB;`,
    ])
  }
  if (found.some((each) => canRestore(each, tools.major, major))) return undefined
  return new ScratchUnavailable(
    `no pg_restore here can restore into a server ${major} what pg_dump ${tools.major} wrote`,
    [`Install postgresql-client-${major}.`],
  )
}
