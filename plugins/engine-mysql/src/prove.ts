import type { Host, Proof, ProveRequest } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { asMysqlFingerprint, counts, differences, type MysqlFingerprint } from './fingerprint/fingerprint.ts'
import { readFingerprint } from './fingerprint/read-fingerprint.ts'
import { checkViews, makeDefiners, type UnusableView } from './scratch/check-views.ts'
import { load, refuseLongRows } from './scratch/load.ts'
import { openScratch } from './scratch/open-scratch.ts'
import { originOf } from './scratch/origin.ts'
import { shown } from './server/quote.ts'
import { serverError } from './server/server-error.ts'
import { readMembers } from './sql/members.ts'
import { findTool } from './tool/find-tools.ts'
import { proofError } from './tool/proof-error.ts'

/** What else can go wrong with a place; none of it speaks against the dump. */
const OF_PLACE = [
  'SOURCE_UNREACHABLE',
  'SOURCE_DENIED',
  'SOURCE_NOT_FOUND',
  'DUMP_FAILED',
  'TOOL_NOT_FOUND',
  'TOOL_UNSUITABLE',
]

/** Restores into scratch as a restore would, and reads it there as the source was read. */
export async function prove(request: ProveRequest<Flags>, host: Host): Promise<Proof> {
  try {
    return await tryRestore(request, host)
  } catch (error) {
    host.signal.throwIfAborted()
    if (!(error instanceof Error && 'code' in error && OF_PLACE.includes(String(error.code)))) throw error
    const { hints, retryable } = error as Error & { readonly hints?: readonly string[]; readonly retryable?: boolean }
    throw host.error('PROOF_UNFINISHED', `The proof could not be finished: ${error.message}`, {
      ...(hints && { hints }),
      ...(retryable !== undefined && { retryable }),
      cause: error,
    })
  }
}

async function tryRestore({ stored, expected, scratch }: ProveRequest<Flags>, outer: Host): Promise<Proof> {
  const { main, events } = readMembers(stored, outer, 'PROOF_FAILED')
  const wanted = expected && asMysqlFingerprint(expected)
  if (expected && wanted === undefined) {
    throw outer.error(
      'PROOF_UNFINISHED',
      `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`,
      {
        hints: ['Update @dbvault/engine-mysql, or see whether this is a backup of MySQL.'],
      },
    )
  }
  const origin = wanted ?? (await originOf(main, outer))
  await using place = await openScratch(scratch, origin, outer)
  const { session, facts, database, host } = place
  const tool = await findTool('client', facts.vendor, scratch.flags, host)
  await refuseLongRows(wanted?.longest, session, host, 'PROOF_FAILED')
  // Where events would run they are made disabled, and compared as if they were not.
  const disabled = new Map<string, string>()
  try {
    const options = { database: origin.database, ...(!place.own && { disabled }) }
    await load(main, place, tool, host, 'PROOF_FAILED', options)
    if (events) await load(events, place, tool, host, 'PROOF_FAILED', options)
  } catch (error) {
    if (place.silence.aborted) throw place.silence.reason
    throw origin.elsewhere?.length && place.own ? lacking(origin.elsewhere, host, error) : proofError(host, error)
  }
  let found: MysqlFingerprint
  let unusable: UnusableView[]
  try {
    found = await readFingerprint(session, { facts, database, history: wanted?.history ?? false, disabled })
    if (place.own) await makeDefiners(session, database)
    unusable = await checkViews(session, database)
  } catch (error) {
    throw place.silence.aborted ? place.silence.reason : serverError(host, session.login, error, 'PROOF_UNFINISHED')
  }
  const broken = unusable
    .filter(({ kind }) => kind === 'broken' || (kind === 'rights' && place.own))
    .map((view) => `view ${shown(view.name)} cannot be used: ${view.why}`)
  if (wanted === undefined) return { outcome: 'restorable', compared: counts(found) }
  const different = [...differences(wanted, found, { events: true }), ...broken]
  const compared = counts(found)
  return different.length === 0
    ? { outcome: 'equal', compared }
    : { outcome: 'different', compared, differences: different }
}

/** It may be because of them, and so says nothing about the backup. */
function lacking(others: readonly string[], host: Host, error: unknown): unknown {
  const proof = proofError(host, error)
  if (!(proof instanceof Error && 'code' in proof && proof.code === 'PROOF_FAILED')) return proof
  const names = others.map((other) => shown(other)).join(', ')
  return host.error('PROOF_UNFINISHED', `${proof.message}; views use ${names}, which a private server lacks`, {
    hints: ['Name a server that has them with --scratch mysql://user:password@host/.'],
    cause: error,
  })
}
