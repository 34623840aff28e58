import type { Dump, DumpRequest, Host, Member } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { fetchNode, type FetchedNode, type Seen } from './fetch/fetch-node.ts'
import type { RedisFingerprint } from './fingerprint/fingerprint.ts'
import { Tally } from './fingerprint/tally.ts'
import { nodesOf, type Nodes } from './server/nodes.ts'
import { placeOf, type Which } from './server/place.ts'
import { replyProblem } from './server/server-error.ts'
import { scanNode } from './scan/scan-node.ts'
import { requireDatabase } from './server/require-database.ts'
import { Session } from './server/session.ts'
import type { StreamDetail } from './rdb/kinds.ts'

/**
 * A snapshot of each server, one member each. The fingerprint is made of what the server sends, byte by byte as it comes in and
 * before anything else is done with it; and of how many keys the server itself counted in that moment.
 */
export function dump({ source }: DumpRequest<Flags>, host: Host): Dump {
  const ended = new AbortController()
  const inner: Host = { ...host, signal: AbortSignal.any([host.signal, ended.signal]) }
  const complete = Promise.withResolvers<RedisFingerprint>()
  complete.promise.catch(() => {})
  const running = new Set<FetchedNode>()

  async function* members(): AsyncGenerator<Member> {
    const seen: Seen[] = []
    try {
      host.signal.throwIfAborted()
      const place = placeOf(source, inner)
      const nodes = await nodesOf(place, inner)
      const of: Which = nodes.cluster ? 'all' : place.which
      if (of !== 'all') await requireOn(nodes, of, inner)
      const fetch = source.flags.method === 'scan' ? scanNode : fetchNode
      for (const [index, server] of nodes.servers.entries()) {
        host.report({ kind: 'phase', name: phaseOf(index, nodes) })
        const node = await fetch(server, of, inner)
        running.add(node)
        seen.push(node.seen)
        const last = index === nodes.servers.length - 1
        const bytes = ending(node.bytes, () => last && complete.resolve(fingerprintOf(seen, of)))
        yield { name: index === 0 ? 'main' : `node-${index + 1}`, format: node.format, bytes }
      }
    } catch (thrown) {
      const error = replyProblem(host, 'DUMP_FAILED', thrown)
      complete.reject(error)
      throw error
    } finally {
      complete.reject(host.error('DUMP_FAILED', 'The dump was ended before its end'))
    }
  }

  return {
    members: { [Symbol.asyncIterator]: members },
    fingerprint: () => orAborted(complete.promise, inner.signal),
    async [Symbol.asyncDispose]() {
      ended.abort(host.error('INTERRUPTED', 'The dump was ended before its end'))
      complete.reject(host.error('DUMP_FAILED', 'The dump was ended before its end'))
      for (const { bytes } of running) await bytes.return(undefined).catch(() => {})
    },
  }
}

async function requireOn({ servers }: Nodes, database: number, host: Host): Promise<void> {
  for (const server of servers) {
    await using session = await Session.open(server, host)
    await requireDatabase(session, database, host)
  }
}

/** Calls `ended` when all was read, before whoever reads is told. */
async function* ending(bytes: AsyncGenerator<Buffer>, ended: () => unknown): AsyncGenerator<Buffer> {
  yield* bytes
  ended()
}

function phaseOf(index: number, { servers }: Nodes): string {
  return servers.length === 1 ? 'dumping' : `dumping ${index + 1}/${servers.length}`
}

function fingerprintOf(seen: readonly Seen[], which: Which): RedisFingerprint {
  const all = new Tally(which === 'all' ? undefined : which)
  for (const { tally } of seen) all.merge(tally)
  const streams = Math.min(3, ...seen.map((node) => node.streams)) as StreamDetail
  return all.fingerprint(
    streams,
    seen.every(({ counted }) => counted),
  )
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
