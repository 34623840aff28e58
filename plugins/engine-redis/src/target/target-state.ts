import type { Host, TargetState } from 'dbvault'
import type { Nodes } from '../server/nodes.ts'
import type { Which } from '../server/place.ts'
import { requireDatabase } from '../server/require-database.ts'
import { nameOf } from '../server/server.ts'
import { Session } from '../server/session.ts'
import { sizesWithoutDead } from './staging.ts'

export interface LiveState extends TargetState {
  readonly state: 'empty' | 'occupied'
  /** The databases that are not empty, of those that are meant. */
  readonly occupied: readonly number[]
  readonly product: 'redis' | 'valkey'
  readonly version: string
  /** How much memory is left, where there is a limit. */
  readonly room: number
}

/** What is on a running server, or on all of a cluster's. */
export async function liveState({ servers }: Nodes, which: Which, host: Host): Promise<LiveState> {
  const occupied = new Set<number>()
  let keys = 0
  let libraries = 0
  let room = Infinity
  let product: LiveState['product'] = 'redis'
  let version = ''
  for (const server of servers) {
    await using session = await Session.open(server, host)
    const info = await session.info('server')
    product = info.has('valkey_version') ? 'valkey' : 'redis'
    version = info.get('valkey_version') ?? info.get('redis_version') ?? ''
    if (which !== 'all') await requireDatabase(session, which, host)
    const { sizes } = await sizesWithoutDead(session)
    for (const [database, size] of sizes) {
      if (which !== 'all' && database !== which) continue
      occupied.add(database)
      keys += size.keys
    }
    if (which === 'all') libraries = Math.max(libraries, await librariesOf(session, host))
    const memory = await session.info('memory')
    const limit = Number(memory.get('maxmemory') ?? 0)
    if (limit > 0) room = Math.min(room, limit - Number(memory.get('used_memory') ?? 0))
  }
  const where = servers.map(nameOf).join(', ')
  const what = which === 'all' ? where : `database ${which} of ${where}`
  const holds = [
    ...(keys > 0 ? [`${keys} ${keys === 1 ? 'key' : 'keys'}`] : []),
    ...(libraries > 0 ? [`${libraries} libraries of functions`] : []),
  ]
  return {
    state: holds.length > 0 ? 'occupied' : 'empty',
    description: holds.length > 0 ? `${what}: ${holds.join(', ')}` : `${what}, which is empty`,
    occupied: [...occupied].sort((a, b) => a - b),
    product,
    version,
    room,
  }
}

async function librariesOf(session: Session, host: Host): Promise<number> {
  const list = await session.call('FUNCTION', 'LIST').catch((error: unknown) => {
    host.signal.throwIfAborted()
    if (error instanceof Error && /unknown command|NOPERM|does not permit/i.test(error.message)) return []
    throw error
  })
  return (list as readonly unknown[]).length
}
