import type { Host, Stored } from 'dbvault'
import { Closing } from '../closing.ts'
import { readMember } from '../read-member.ts'
import type { RdbKey } from '../rdb/rdb-walk.ts'
import type { Server } from '../server/server.ts'
import { Session } from '../server/session.ts'

const AT_ONCE = 500
const CLEANUP_MS = 600_000

/**
 * Takes back keys that were restored into servers that had none: the first `begun` of each member, except those that somebody
 * else had put there. Throws nothing; what cannot be taken back is told.
 */
export async function undo(
  members: readonly Stored[],
  begun: readonly number[],
  ownerOf: (key: RdbKey) => { readonly server: Server; readonly refused: ReadonlySet<number> } | undefined,
  outer: Host,
): Promise<void> {
  const host: Host = { ...outer, signal: AbortSignal.timeout(CLEANUP_MS) }
  try {
    await using open = new Closing()
    const sessions = new Map<Server, Session>()
    for (const [index, member] of members.entries()) {
      let place = 0
      const gathered = new Map<Server, Buffer[]>()
      const visitor = {
        key(key: RdbKey): void {
          const at = place++
          if (at >= (begun[index] ?? 0)) return
          const owner = ownerOf(key)
          if (owner === undefined || owner.refused.has(at)) return
          gathered.set(owner.server, [...(gathered.get(owner.server) ?? []), key.name])
        },
      }
      const send = async (least: number): Promise<void> => {
        for (const [server, names] of gathered) {
          if (names.length < least) continue
          gathered.delete(server)
          let session = sessions.get(server)
          if (session === undefined) sessions.set(server, (session = open.use(await Session.open(server, host))))
          // One by one: a cluster does not take keys of several slots at once.
          for (let at = 0; at < names.length; at += AT_ONCE) {
            const of = session
            await Promise.all(names.slice(at, at + AT_ONCE).map((name) => of.call('UNLINK', name)))
          }
        }
      }
      await readMember(member, visitor, { code: 'RESTORE_FAILED', take: () => send(AT_ONCE) }, host).catch(() => {})
      await send(1)
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    outer.report({ kind: 'warning', message: `Not all that was restored could be taken back: ${why}` })
  }
}
