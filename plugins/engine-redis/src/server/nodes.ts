import type { Host } from 'dbvault'
import type { Place, Sentinels } from './place.ts'
import { nameOf, type Server } from './server.ts'
import { Session } from './session.ts'

const SLOTS = 16_384

/** The servers that together hold what a place names: one, or every master of a cluster. */
export interface Nodes {
  readonly servers: readonly Server[]
  readonly cluster: boolean
  /** For a cluster, which of `servers` keeps the slot. */
  ownerOf(slot: number): Server | undefined
}

/** @throws SOURCE_UNREACHABLE also when a part of a cluster has no master */
export async function nodesOf(place: Place, host: Host): Promise<Nodes> {
  const server = place.sentinels ? await masterOf(place.server, place.sentinels, host) : place.server
  await using session = await Session.open(server, host)
  const known = await session.info('cluster').catch((error: unknown) => {
    host.signal.throwIfAborted()
    if (error instanceof Error && /NOPERM/.test(error.message)) return new Map<string, string>()
    throw error
  })
  if (known.get('cluster_enabled') !== '1') return { servers: [server], cluster: false, ownerOf: () => server }
  if (place.which !== 'all' && place.which !== 0) {
    throw host.error('SOURCE_NOT_FOUND', `A Redis cluster has only the logical database 0: ${nameOf(server)}`)
  }
  return mastersOf(server, await session.call('CLUSTER', 'SLOTS'), host)
}

function mastersOf(seed: Server, reply: unknown, host: Host): Nodes {
  const owners = new Map<string, Server>()
  const bySlot: Server[] = []
  const ranges = (reply as readonly (readonly [number, number, readonly [string | null, number]])[]).toSorted(
    ([a], [b]) => a - b,
  )
  for (const [first, last, [name, port]] of ranges) {
    const ofSeed = 'host' in seed.address ? seed.address.host : '127.0.0.1'
    const address = { host: name === null || name === '' ? ofSeed : name, port }
    const key = `${address.host} ${port}`
    const server = owners.get(key) ?? { ...seed, address }
    owners.set(key, server)
    for (let slot = first; slot <= last; slot++) bySlot[slot] = server
  }
  const missing = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => bySlot[slot] === undefined).length
  if (missing > 0) {
    throw host.error(
      'SOURCE_UNREACHABLE',
      `Of the cluster of ${nameOf(seed)} ${missing} of ${SLOTS} slots have no master: it cannot be read as a whole`,
      { hints: ['See: redis-cli --cluster check'], retryable: true },
    )
  }
  return { servers: [...owners.values()], cluster: true, ownerOf: (slot) => bySlot[slot] }
}

async function masterOf(base: Server, { master, servers }: Sentinels, host: Host): Promise<Server> {
  const reasons: string[] = []
  let unknown = false
  for (const sentinel of servers) {
    try {
      await using session = await Session.open(sentinel, host)
      const found = (await session.call('SENTINEL', 'get-master-addr-by-name', master)) as [string, string] | null
      if (found !== null) {
        const [name, port] = found
        const { user: _user, password: _password, ...rest } = sentinel
        const login = {
          ...(base.user !== undefined && { user: base.user }),
          ...(base.password && { password: base.password }),
        }
        return { ...rest, ...login, address: { host: name, port: Number(port) } }
      }
      unknown = true
      reasons.push(`${nameOf(sentinel)} does not know it`)
    } catch (error) {
      host.signal.throwIfAborted()
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw host.error(
    unknown ? 'SOURCE_NOT_FOUND' : 'SOURCE_UNREACHABLE',
    `No Sentinel says where the master ${JSON.stringify(master)} is: ${reasons.join('; ')}`,
    {
      hints: ['--redis-sentinel is the name of the master; --host names Sentinels, not the master.'],
      retryable: !unknown,
    },
  )
}
