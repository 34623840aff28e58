import type { Listing } from '../operations/list.ts'
import { plainTable } from './plain-table.ts'
import { age, size } from './units.ts'

/** The catalog of a storage for people: newest first, then whatever is not in order, each with what to do. */
export function listingTable(listing: Listing, now: Date): string {
  const parts: string[] = []
  if (listing.backups.length > 0) {
    const rows = listing.backups.map((backup) => [
      backup.id,
      backup.engine,
      backup.trust === 'claimed' ? `${backup.status} (claimed)` : backup.status,
      backup.provenAt === undefined ? 'never' : age(backup.provenAt, now),
      size(backup.bytes),
      age(backup.createdAt, now),
      [
        backup.encryption === 'none' ? 'not encrypted' : backup.encryption,
        ...(backup.incomplete.length > 0 ? ['INCOMPLETE'] : []),
      ].join(', '),
    ])
    parts.push(plainTable([['ID', 'ENGINE', 'STATUS', 'PROVEN', 'SIZE', 'MADE', 'NOTES'], ...rows]))
  } else parts.push('No backups.')
  if (listing.damaged.length > 0) {
    parts.push('', 'Not readable:', ...listing.damaged.map(({ address, error }) => `  ${address}: ${error.message}`))
  }
  if (listing.orphans.length > 0) {
    parts.push(
      '',
      'Orphans (artifacts without a manifest: not backups, never restored by id):',
      ...listing.orphans.map(
        (orphan) =>
          `  ${orphan.address} (${size(orphan.bytes)}, ${age(orphan.modifiedAt, now)}${orphan.pending ? ', in the making' : ''})`,
      ),
    )
  }
  return parts.join('\n')
}
