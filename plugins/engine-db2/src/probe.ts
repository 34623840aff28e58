import type { Finding, Host, Probe, ScratchChoice, Source } from 'dbvault'
import { hostname } from 'node:os'
import type { Flags } from './descriptor.ts'
import { isWhollyDigested } from './fingerprint/row-statement.ts'
import { survey, type Survey } from './fingerprint/read-fingerprint.ts'
import { placeOf } from './instance/place.ts'
import { listDatabases } from './instance/database-directory.ts'
import { onlineOf } from './mode.ts'

/** Said with every backup, until it is no longer so. */
export const NEVER_MET =
  "This engine was written from IBM's documentation and tested against a stand-in; it has not met a live Db2 server yet"

/** The first version whose images and catalog are known here. */
const OLDEST = [10, 5] as const

export async function probe(source: Source<Flags>, host: Host, scratch?: ScratchChoice): Promise<Probe> {
  host.signal.throwIfAborted()
  const place = await placeOf(source, host)
  const { database, instance } = place
  const entry = (await listDatabases(place, host, 'SOURCE_UNREACHABLE')).find(({ alias }) => alias === database)
  if (entry !== undefined && entry.path === undefined) {
    throw host.error('SOURCE_DENIED', `The database ${database} is on another machine, and is backed up there`, {
      hints: ['Run dbvault on the machine of the server: images are written to its own disks.'],
    })
  }
  const found = await survey(database, source.flags['lock-timeout'], place, host, 'SOURCE_UNREACHABLE')
  const { version, bytes } = found.facts
  refuseOlder(version, host)
  const online = onlineOf(source.flags.mode, found.facts, host)
  return {
    label: database,
    identity: `${hostname()}/${instance.name}/${entry?.name ?? database}`,
    product: 'IBM Db2',
    version,
    tools: { db2: version },
    bytes,
    consistency: 'point-in-time',
    findings: [...partitions(found, database), ...warnings(found, online)],
    scratch: scratchPossible(scratch),
  }
}

function refuseOlder(version: string, host: Host): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  throw host.error(
    'TOOL_UNSUITABLE',
    `The server is Db2 ${version}; ${OLDEST.join('.')} is the oldest that is supported`,
  )
}

/** A backup is one of the partition that one is connected to. */
function partitions({ facts }: Survey, database: string): Finding[] {
  if (facts.partitions <= 1) return []
  return [
    {
      severity: 'incomplete',
      message: `The database has ${facts.partitions} partitions, and only one would be backed up`,
      fixes: [`db2 backup database ${database} on all dbpartitionnums …`],
    },
  ]
}

function warnings({ facts, catalog }: Survey, online: boolean): Finding[] {
  const weak = catalog.tables.filter((table) => !isWhollyDigested(table)).length
  return [
    NEVER_MET,
    ...(online
      ? []
      : ['Nobody can use the database while it is backed up: its logs are not archived, or that was asked for']),
    ...(facts.digests ? [] : [`Db2 ${facts.version} cannot digest rows: they will be counted and not compared`]),
    ...(facts.digests && weak > 0
      ? [
          `Large objects are compared by their length, XML and users' own types not at all; tables that have such: ${weak}`,
        ]
      : []),
  ].map((message) => ({ severity: 'warning', message }))
}

/** Db2 cannot be started beside itself without being installed for it, and has no address to restore to. */
function scratchPossible({ mode }: ScratchChoice = { mode: 'auto' }): Probe['scratch'] {
  if (mode === 'auto' || mode === 'source') return { possible: true }
  const why = mode === 'url' ? 'a Db2 database is restored from files, on its own machine' : 'Db2 has no private server'
  return { possible: false, why, hints: ['Prove it in the same instance: --scratch source'] }
}
