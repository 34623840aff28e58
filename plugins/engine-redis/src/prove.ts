import type { Host, Proof, ProveRequest, Stored } from 'dbvault'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { rdbProblem } from './rdb-problem.ts'
import type { Flags } from './descriptor.ts'
import { replicate } from './fetch/replicate.ts'
import { spooled } from './fetch/spool.ts'
import { asRedisFingerprint, counts, differences, type RedisFingerprint } from './fingerprint/fingerprint.ts'
import { Tally } from './fingerprint/tally.ts'
import { membersOf } from './members.ts'
import { readMember, type ReadMember } from './read-member.ts'
import { detailOf, RdbWalk } from './rdb/rdb-walk.ts'
import type { StreamDetail } from './rdb/kinds.ts'
import { programFor } from './scratch/find-programs.ts'
import { requireMemory } from './scratch/memory.ts'
import { NotLoaded, startPrivateServer, type PrivateServer } from './scratch/private-server.ts'
import { CHECKSUM_HINTS, NO_CHECKSUM, refuseElsewhere } from './scratch/scratch-possible.ts'
import { ScratchUnavailable } from './scratch/unavailable.ts'

const FILE = 'dump.rdb'

/**
 * Each member is walked as it is written to a temporary file, loaded by a private server, and asked back from that server's own
 * memory. What came back has to be what was stored, and what was stored what the source sent.
 */
export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  host.signal.throwIfAborted()
  const members = membersOf(stored, host, 'PROOF_FAILED')
  const wanted = expected && asRedisFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error(
      'PROOF_UNFINISHED',
      `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`,
      {
        hints: ['Update @dbvault/engine-redis, or see whether this is a backup of Redis.'],
      },
    )
  }
  try {
    refuseElsewhere(scratch.mode)
    const ofStored = new Tally(wanted?.database)
    const ofServer = new Tally(wanted?.database)
    let streams: StreamDetail = 3
    for (const member of members) {
      const detail = await proveMember(
        member,
        { wanted, ofStored, ofServer, directory: scratch.flags['bin-dir'] },
        host,
      )
      streams = Math.min(streams, detail) as StreamDetail
    }
    const found = ofServer.fingerprint(streams, false)
    const different = [
      ...differences(wanted ?? found, ofStored.fingerprint(streams, false)),
      ...differences(ofStored.fingerprint(streams, false), found),
    ]
    if (different.length > 0)
      return { outcome: 'different', compared: counts(found), differences: [...new Set(different)] }
    return { outcome: wanted === undefined ? 'restorable' : 'equal', compared: counts(found) }
  } catch (error) {
    host.signal.throwIfAborted()
    throw proofError(host, error)
  }
}

interface Work {
  readonly wanted: RedisFingerprint | undefined
  readonly ofStored: Tally
  readonly ofServer: Tally
  readonly directory: string | undefined
}

async function proveMember(
  member: Stored,
  { wanted, ofStored, ofServer, directory }: Work,
  host: Host,
): Promise<StreamDetail> {
  await using temporary = await host.tempDir()
  let memory = 0
  let databases = 0
  const visitor = new Tally(wanted?.database)
  const seen = {
    ...forward(visitor),
    aux(name: string, value: Buffer) {
      if (name === 'used-mem') memory = Number(value.toString('latin1'))
    },
  }
  const read = await writeFile(member, join(temporary.path, FILE), seen, wanted?.streams, host)
  if (!read.checksum) throw new ScratchUnavailable(NO_CHECKSUM, CHECKSUM_HINTS)
  for (const database of visitor.sizes().keys()) databases = Math.max(databases, database + 1)
  ofStored.merge(visitor)
  const detail = wanted?.streams ?? detailOf(read.header)
  await requireMemory(memory)
  const program = await programFor(read.header, directory, host)
  await using running = await startPrivateServer(program, { directory: temporary.path, file: FILE, databases }, host)
  const loaded = await askBack(running, detail, host)
  const keys = totalOf(visitor)
  if (running.loaded !== keys && wanted?.database === undefined) {
    throw host.error('PROOF_FAILED', `Of ${keys} stored keys a server loaded ${running.loaded}`)
  }
  ofServer.merge(loaded)
  return detail
}

function forward(tally: Tally): Pick<Tally, 'library' | 'value'> {
  return { library: (code) => tally.library(code), value: (key, value) => tally.value(key, value) }
}

function totalOf(tally: Tally): number {
  return [...tally.sizes().values()].reduce((sum, { keys }) => sum + keys, 0)
}

async function writeFile(
  member: Stored,
  path: string,
  visitor: Parameters<typeof readMember>[1],
  detail: StreamDetail | undefined,
  host: Host,
): Promise<ReadMember> {
  await using file = await open(path, 'wx', 0o600)
  return await readMember(
    member,
    visitor,
    {
      code: 'PROOF_FAILED',
      ...(detail !== undefined && { detail }),
      take: (chunk) => file.appendFile(chunk),
    },
    host,
  )
}

/** What the server has in its memory, as it sends it to a replica. */
async function askBack({ server }: PrivateServer, detail: StreamDetail, host: Host): Promise<Tally> {
  await using replication = await replicate(server, host)
  const tally = new Tally()
  const walk = new RdbWalk(tally, { detail, checksum: false })
  try {
    for await (const chunk of spooled(replication, host)) walk.push(chunk)
    walk.end()
  } catch (error) {
    throw rdbProblem(host, 'PROOF_UNFINISHED', 'What the private server sent', error)
  }
  return tally
}

function proofError(host: Host, error: unknown): unknown {
  if (error instanceof ScratchUnavailable) {
    return host.error('PROOF_UNFINISHED', `The restore could not be tried: ${error.message}`, {
      hints: error.hints,
      cause: error,
    })
  }
  if (error instanceof NotLoaded) {
    return host.error('PROOF_FAILED', `A server refuses to load what is stored: ${error.message}`, {
      hints: ['The server that was backed up cannot load its own snapshots either. See whether an update mends that.'],
      cause: error,
    })
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'STORAGE_FULL') {
    return host.error('PROOF_UNFINISHED', 'In the directory for temporary files there is no space left for a restore', {
      hints: ['Name a larger one with --temp-dir.'],
      cause: error,
    })
  }
  if (code.startsWith('SOURCE_') || code === 'DUMP_FAILED' || code.startsWith('TOOL_')) {
    return host.error('PROOF_UNFINISHED', `The private server failed: ${(error as Error).message}`, { cause: error })
  }
  return error
}
