import type { Host, Proof, ProveRequest } from 'dbvault'
import type { Flags } from './descriptor.ts'
import { asMysqlFingerprint, counts, differences, type MysqlFingerprint } from './fingerprint/fingerprint.ts'
import { readFingerprint } from './fingerprint/read-fingerprint.ts'
import { load } from './scratch/load.ts'
import { openScratch } from './scratch/open-scratch.ts'
import { originOf } from './scratch/origin.ts'
import { serverError } from './server/server-error.ts'
import { readMembers } from './sql/members.ts'
import { findTool } from './tool/find-tools.ts'
import { proofError } from './tool/proof-error.ts'

/** Restores into scratch as a restore would, and reads it there as the source was read. */
export async function prove({ stored, expected, scratch }: ProveRequest<Flags>, host: Host): Promise<Proof> {
  const { main, events } = readMembers(stored, host, 'PROOF_FAILED')
  const wanted = expected && asMysqlFingerprint(expected)
  if (expected && wanted === undefined) {
    throw host.error('PROOF_FAILED', `This version cannot compare a fingerprint of the scheme "${expected.scheme}"`, {
      hints: ['Update @dbvault/engine-mysql, or see whether this is a backup of MySQL.'],
    })
  }
  const origin = wanted ?? (await originOf(main, host))
  await using place = await openScratch(scratch, origin, host)
  const { session, facts, database } = place
  const tool = await findTool('client', facts.vendor, scratch.flags, host)
  try {
    await load(main, place, tool, host, 'PROOF_FAILED')
    if (events && place.events) await load(events, place, tool, host, 'PROOF_FAILED')
  } catch (error) {
    throw proofError(host, error)
  }
  let found: MysqlFingerprint
  try {
    found = await readFingerprint(session, { facts, database, history: wanted?.history ?? false })
  } catch (error) {
    throw serverError(host, session.login, error, 'PROOF_UNFINISHED')
  }
  if (wanted === undefined) return { outcome: 'restorable', compared: counts(found) }
  const different = differences(wanted, found, { events: place.events })
  const compared = counts(found)
  return different.length === 0
    ? { outcome: 'equal', compared }
    : { outcome: 'different', compared, differences: different }
}
