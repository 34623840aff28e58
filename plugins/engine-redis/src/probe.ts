import type { Finding, Host, Probe, ScratchChoice, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { SCAN_HINT } from './fetch/replicate.ts'
import { sizesOf } from './fetch/witness.ts'
import { formatOf } from './scratch/find-programs.ts'
import { scratchPossible } from './scratch/scratch-possible.ts'
import { nodesOf } from './server/nodes.ts'
import { placeOf, type Place, type Which } from './server/place.ts'
import { requireDatabase } from './server/require-database.ts'
import { nameOf } from './server/server.ts'
import { replyProblem } from './server/server-error.ts'
import { Session } from './server/session.ts'

type Known = ReadonlyMap<string, string>

export async function probe(source: Source<Flags>, host: Host, scratch?: ScratchChoice): Promise<Probe> {
  return await look(source, host, scratch).catch((error: unknown) => {
    throw replyProblem(host, 'SOURCE_DENIED', error)
  })
}

async function look(source: Source<Flags>, host: Host, scratch?: ScratchChoice): Promise<Probe> {
  host.signal.throwIfAborted()
  const place = placeOf(source, host)
  const { servers, cluster } = await nodesOf(place, host)
  const scan = source.flags.method === 'scan'
  const findings: Finding[] = []
  const known: Known[] = []
  let checksums = true
  for (const server of servers) {
    await using session = await Session.open(server, host)
    const info = await session.info().catch((error: unknown) => withoutInfo(error, findings, host))
    known.push(info)
    if (place.which !== 'all') await requireDatabase(session, place.which, host)
    findings.push(...(await audit(session, info, scan, host)))
    checksums &&= (await setting(session, 'rdbchecksum', host)) !== 'no'
  }
  const first: Known = known[0] ?? new Map()
  const { product, version } = productOf(first)
  const sum = (name: string): number => known.reduce((total, info) => total + Number(info.get(name) ?? 0), 0)
  findings.push(...emptyOf(known, place.which))
  if (cluster) findings.push(warning(`The ${servers.length} masters of a cluster are each from a moment of their own`))
  if (scan) findings.push(warning('Read key by key (--redis-method scan): not one point in time'))
  return {
    label: String(place.which),
    identity: identityOf(place),
    product: product === 'valkey' ? 'Valkey' : 'Redis',
    version: version ?? 'unknown',
    bytes: sum('used_memory_dataset'),
    consistency: cluster || scan ? 'none' : 'point-in-time',
    findings,
    scratch: await scratchPossible(
      formatOf(product, version ?? '7.0'),
      {
        memory: Math.max(0, ...known.map((info) => Number(info.get('used_memory') ?? 0))),
        checksums,
        directory: source.flags['bin-dir'],
      },
      scratch,
      host,
    ),
  }
}

function productOf(info: Known): { product: 'redis' | 'valkey'; version: string | undefined } {
  const valkey = info.get('valkey_version')
  return valkey === undefined
    ? { product: 'redis', version: info.get('redis_version') }
    : { product: 'valkey', version: valkey }
}

function withoutInfo(error: unknown, findings: Finding[], host: Host): Known {
  host.signal.throwIfAborted()
  if (!(error instanceof Error && /NOPERM/.test(error.message))) throw error
  findings.push(
    warning('This user may not ask the server for its version and its count of keys (INFO), so neither is compared', [
      'Permit it: ACL SETUSER … +info +multi +exec',
    ]),
  )
  return new Map()
}

async function audit(session: Session, info: Known, scan: boolean, host: Host): Promise<Finding[]> {
  const name = nameOf(session.server)
  const findings: Finding[] = []
  if (info.get('role') === 'slave' && info.get('master_link_status') === 'down' && !scan) {
    throw host.error('SOURCE_UNREACHABLE', `The Redis server ${name} is a replica that has lost its master`, {
      hints: ['Back up the master, or wait until the replica has found it again.'],
      retryable: true,
    })
  }
  const modules = (await quietly(session.call('MODULE', 'LIST'), host)) as readonly (readonly unknown[])[] | undefined
  const names = (modules ?? []).map((fields) => String(fields[1]))
  if (names.length > 0) {
    findings.push(
      warning(`The server has modules (${names.join(', ')}): a dump that meets data of theirs fails and names it`),
    )
  }
  if (!scan) await requireReplication(session, host)
  return findings
}

/** As far as it can be asked without doing it. @throws SOURCE_DENIED */
async function requireReplication(session: Session, host: Host): Promise<void> {
  const { server } = session
  const user = server.user ?? 'default'
  const known = (await quietly(session.call('COMMAND', 'INFO', 'psync', 'sync'), host)) as unknown[] | undefined
  if (known?.every((command) => command === null)) {
    throw host.error('SOURCE_DENIED', `The Redis server ${nameOf(server)} does not offer replication (PSYNC)`, {
      hints: [SCAN_HINT],
    })
  }
  const said = await quietly(session.call('ACL', 'DRYRUN', user, 'PSYNC', '?', '-1'), host)
  if (typeof said !== 'string' || said === 'OK') return
  throw host.error(
    'SOURCE_DENIED',
    `The Redis server ${nameOf(server)} does not permit this user to replicate (${said})`,
    {
      hints: [`Permit it: ACL SETUSER ${user} +sync +psync +replconf +info +multi +exec`, SCAN_HINT],
    },
  )
}

async function setting(session: Session, name: string, host: Host): Promise<string | undefined> {
  const reply = (await quietly(session.call('CONFIG', 'GET', name), host)) as readonly string[] | undefined
  return reply?.[1]
}

/** Undefined where it may not be asked. */
async function quietly(reply: Promise<unknown>, host: Host): Promise<unknown> {
  try {
    return await reply
  } catch (error) {
    host.signal.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'SOURCE_UNREACHABLE') throw error
    return undefined
  }
}

function emptyOf(known: readonly Known[], which: Which): Finding[] {
  if (known.some((info) => info.size === 0)) return []
  const keys = known
    .flatMap((info) => [...sizesOf(info)])
    .filter(([database]) => which === 'all' || database === which)
    .reduce((sum, [, size]) => sum + size.keys, 0)
  if (keys > 0) return []
  return [
    warning(which === 'all' ? 'There is no key on the server' : `There is no key in the logical database ${which}`),
  ]
}

function identityOf({ server, sentinels, which }: Place): string {
  const place = sentinels
    ? `sentinel ${sentinels.master} ${sentinels.servers.map(nameOf).sort().join(' ')}`
    : nameOf(server)
  return `${place}/${which}`
}

function warning(message: string, fixes?: readonly string[]): Finding {
  return { severity: 'warning', message, ...(fixes && { fixes }) }
}
