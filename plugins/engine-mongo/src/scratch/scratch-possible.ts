import type { Host, Probe, ScratchChoice } from 'dbvault'
import type { Server } from '../server/server.ts'
import { privateProgram } from './private-server.ts'
import { ScratchUnavailable } from './unavailable.ts'

/**
 * Says before the dump whether a proof will have somewhere to restore to. Whether the user may make databases is known
 * only where the server says which rights there are; otherwise, and on another server, it is tried when it is needed.
 */
export async function scratchPossible(
  server: Server,
  binDir: string | undefined,
  host: Host,
  { mode }: ScratchChoice = { mode: 'auto' },
): Promise<Probe['scratch']> {
  const onPrivate = async (): Promise<ScratchUnavailable | undefined> => {
    try {
      await privateProgram(binDir, server.version, host)
      return undefined
    } catch (error) {
      if (error instanceof ScratchUnavailable) return error
      throw error
    }
  }
  const onSource = (): Promise<ScratchUnavailable | undefined> => mayMakeDatabases(server)
  const ways = { private: [onPrivate], source: [onSource], auto: [onPrivate, onSource], url: [] }[mode]
  const reasons: ScratchUnavailable[] = []
  for (const way of ways) {
    const reason = await way()
    if (reason === undefined) return { possible: true }
    reasons.push(reason)
  }
  if (reasons.length === 0) return { possible: true }
  return {
    possible: false,
    why: reasons.map(({ message }) => message).join('; '),
    hints: [...reasons.flatMap(({ hints }) => hints), 'Or name a server to try it on: --scratch mongodb://…'],
  }
}

interface Privilege {
  readonly resource: { readonly db?: string; readonly collection?: string; readonly anyResource?: boolean }
  readonly actions: readonly string[]
}

/** A scratch database has a name that nobody could have granted anything on: the right has to be one on all. */
async function mayMakeDatabases(server: Server): Promise<ScratchUnavailable | undefined> {
  if (server.place.options.directConnection === true && server.greeting.isWritablePrimary === false) {
    return new ScratchUnavailable('the source is a secondary, which is read-only')
  }
  const { authInfo } = await server.command('admin', { connectionStatus: 1, showPrivileges: true })
  const { authenticatedUsers, authenticatedUserPrivileges } = authInfo as {
    authenticatedUsers?: { user: string }[]
    authenticatedUserPrivileges?: Privilege[]
  }
  const [user] = authenticatedUsers ?? []
  if (user === undefined || authenticatedUserPrivileges === undefined) return undefined
  const all = authenticatedUserPrivileges.filter(
    ({ resource }) => resource.anyResource === true || (resource.db === '' && resource.collection === ''),
  )
  const may = new Set(all.flatMap(({ actions }) => actions))
  if (['insert', 'createIndex', 'dropCollection', 'find'].every((action) => may.has(action))) return undefined
  return new ScratchUnavailable('the user may not make a scratch database on the source', [
    `Allow it: db.getSiblingDB('admin').grantRolesToUser(${JSON.stringify(user.user)}, ['readWriteAnyDatabase'])`,
  ])
}
