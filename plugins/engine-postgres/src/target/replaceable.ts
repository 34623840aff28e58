import type { Host } from 'dbvault'
import type { Place } from '../server/server.ts'
import type { Session } from '../server/session.ts'

/** What would keep the old database from being renamed or dropped. @throws RESTORE_FAILED */
export async function refuseUnlessReplaceable(session: Session, { database }: Place, host: Host): Promise<void> {
  const { slots, subscriptions } = await session.row<{ slots: string[] | null; subscriptions: number }>(
    `SELECT (SELECT pg_catalog.array_agg(slot_name::text) FROM pg_catalog.pg_replication_slots WHERE database = $1) AS slots,
      (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
        WHERE d.datname = $1) AS subscriptions`,
    [database],
  )
  if (slots !== null) {
    throw host.error(
      'RESTORE_FAILED',
      `The database ${JSON.stringify(database)} cannot be replaced: it has replication slots`,
      {
        hints: slots.map((slot) => `SELECT pg_drop_replication_slot('${slot.replaceAll("'", "''")}');`),
      },
    )
  }
  if (subscriptions > 0) {
    throw host.error(
      'RESTORE_FAILED',
      `The database ${JSON.stringify(database)} cannot be replaced: it has ${subscriptions} subscriptions`,
      {
        hints: ['Remove each in that database: ALTER SUBSCRIPTION … DISABLE; DROP SUBSCRIPTION …'],
      },
    )
  }
}
