import type { Finding, Host, Probe, ScratchChoice, Source } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { scratchPossible } from './scratch/scratch-possible.ts'
import { unreadableFinding } from './server/audit.ts'
import type { SnapshotPlan } from './server/snapshot.ts'
import { openSource } from './source.ts'
import { leftoverFinding } from './target/unfinished.ts'
import { requireProgram } from './tools/tool-call.ts'

export async function probe(source: Source<Flags>, host: Host, scratch?: ScratchChoice): Promise<Probe> {
  await using opened = await openSource(source, host)
  const { server, database, collections, inSwap, denied, bytes } = opened
  const { flags } = source
  const tool = flags.tool === true ? await requireProgram('mongodump', flags['bin-dir'], host) : undefined
  const snapshot: SnapshotPlan = tool
    ? { possible: false, why: 'mongodump reads one database at no point in time' }
    : opened.snapshot
  return {
    label: database,
    product: server.product,
    version: server.version,
    ...(tool && { tools: { mongodump: tool.version } }),
    ...(bytes !== undefined && { bytes }),
    consistency: snapshot.possible ? 'point-in-time' : 'none',
    findings: [
      ...unreadableFinding(database, source.user, denied),
      ...leftoverFinding(collections, inSwap),
      ...consistencyFinding(snapshot),
    ],
    scratch: await scratchPossible(server, source.flags['bin-dir'], host, scratch),
  }
}

function consistencyFinding(snapshot: SnapshotPlan): Finding[] {
  if (snapshot.possible) return []
  return [{ severity: 'warning', message: `The dump is not of one point in time: ${snapshot.why}` }]
}
