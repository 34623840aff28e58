import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import type { CatalogBackup } from '../catalog/catalog.ts'
import { manifestKey, roleOf, sibling } from '../catalog/layout.ts'
import type { Manifest } from '../catalog/manifest.ts'
import { textOf } from '../catalog/read-object.ts'
import { seriesOf } from '../catalog/series.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { type Candidate as Retained, planRetention } from '../retention/plan.ts'
import type { Policy } from '../retention/policy.ts'
import { describeBackup, type ListedBackup } from './describe-backup.ts'
import type { PruneWork } from './prune-work.ts'
import type { Unlock } from './unlock.ts'

/** A backup that a policy keeps. */
export interface KeptBackup {
  readonly id: string
  readonly address: string
  readonly reasons: readonly string[]
}

/**
 * What a policy keeps among some of the backups of a place, and what it takes to remove the others. One whose manifest
 * was changed, as the key tells, counts for nothing and stays.
 */
export async function planBackups(
  wanted: readonly CatalogBackup[],
  all: readonly CatalogBackup[],
  { storage, policy, unlock }: { readonly storage: Storage; readonly policy: Policy; readonly unlock: Unlock },
  now: Date,
  host: Host,
): Promise<{
  readonly remove: readonly PruneWork[]
  readonly keep: readonly KeptBackup[]
  /** How many were judged by what their manifests claim, for want of a key. */
  readonly claimed: number
}> {
  const described = await Promise.all(wanted.map(candidateOf))
  const verdicts = planRetention(
    policy,
    described.filter((one) => one !== undefined),
    now,
  )
  const removed = verdicts.filter(({ keep }) => !keep)
  const gone = new Set(removed.map(({ candidate }) => candidate.backup))
  const needed = new Set(all.filter((backup) => !gone.has(backup)).flatMap(keysOf))
  return {
    remove: removed.map(({ candidate, reasons }) => backupWork(candidate, reasons, needed, storage, host)),
    keep: verdicts
      .filter(({ keep }) => keep)
      .map(({ candidate: { listed }, reasons }) => ({ id: listed.id, address: listed.address, reasons })),
    claimed: verdicts.filter(({ candidate: { listed } }) => listed.trust === 'claimed').length,
  }

  async function candidateOf(backup: CatalogBackup): Promise<Candidate | undefined> {
    try {
      const listed = await describeBackup(backup, storage, unlock)
      const { manifest } = backup
      const counts = GOOD_ENOUGH[manifest.proof.method].includes(listed.status)
      const sure = counts && listed.status === 'proven' && listed.incomplete.length === 0
      return {
        id: listed.id,
        backup,
        listed,
        series: seriesOf(manifest),
        at: new Date(manifest.createdAt),
        counts,
        sure,
      }
    } catch (error) {
      if (DbvaultError.is(error) && error.code === 'MANIFEST_INVALID') return undefined
      throw error
    }
  }
}

interface Candidate extends Retained {
  readonly backup: CatalogBackup
  readonly listed: ListedBackup
}

/** By the level of proof that was asked for. */
const GOOD_ENOUGH: Readonly<Record<Manifest['proof']['method'], readonly ListedBackup['status'][]>> = {
  restore: ['proven'],
  check: ['proven', 'checked'],
  none: ['proven', 'checked', 'unproven'],
}

const keysOf = ({ key, manifest }: CatalogBackup): string[] =>
  manifest.members.map(({ artifact }) => sibling(key, artifact.name))

/** The manifest goes first: without it the rest is no backup, and is swept if this run does not get to its end. */
function backupWork(
  { backup, listed }: Candidate,
  reasons: readonly string[],
  needed: ReadonlySet<string>,
  storage: Storage,
  host: Host,
): PruneWork {
  const { key, manifestText } = backup
  return {
    item: {
      kind: 'backup',
      address: listed.address,
      id: listed.id,
      bytes: listed.bytes,
      since: listed.createdAt,
      why: reasons.join('; '),
    },
    key,
    async remove() {
      const manifest = manifestKey(key)
      if ((await textOf(storage, manifest, host)) !== manifestText) return 'its manifest was changed meanwhile'
      await storage.delete(manifest, host)
      for (const artifact of keysOf(backup)) if (!needed.has(artifact)) await storage.delete(artifact, host)
      for await (const stat of storage.list(`${key}.proof-`, host)) {
        const role = roleOf(stat.key)
        if (role.role === 'proof' && role.artifact === key) await storage.delete(stat.key, host)
      }
      return undefined
    },
  }
}
