import type { Session } from '../server/session.ts'
import { notOfExtension, OF_USER } from './user-objects.ts'

const RELATIONS = {
  views: `relkind = 'v'`,
  'materialized views': `relkind = 'm'`,
  'partitioned tables': `relkind = 'p'`,
  'foreign tables': `relkind = 'f'`,
}

/** What a restore has to bring back beside rows. Publications, subscriptions and event triggers scratch leaves out. */
export async function countObjects(session: Session): Promise<Record<string, number>> {
  const ofRelation = `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`
  const parts = [
    ...Object.entries(RELATIONS).map(
      ([kind, condition]) =>
        `SELECT '${kind}' AS kind, pg_catalog.count(*)::int AS count ${ofRelation} AND ${condition}`,
    ),
    // An index is no member of the extension that its table is one of. One whose building failed is in no dump.
    `SELECT 'indexes', pg_catalog.count(*)::int FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE (x.indisvalid OR c.relkind = 'p') AND c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`,
    `SELECT 'functions', pg_catalog.count(*)::int FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE ${OF_USER} AND ${notOfExtension('pg_proc', 'p.oid')}`,
    `SELECT 'types', pg_catalog.count(*)::int FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('e', 'd', 'r') AND ${OF_USER} AND ${notOfExtension('pg_type', 't.oid')}`,
    `SELECT 'triggers', pg_catalog.count(*)::int FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT t.tgisinternal AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`,
    // Since version 18 NOT NULL is one too, so a newer scratch server has more of them.
    `SELECT 'constraints', pg_catalog.count(*)::int FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE k.contype <> 'n' AND c.relpersistence <> 't' AND ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`,
    `SELECT 'policies', pg_catalog.count(*)::int FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${OF_USER} AND ${notOfExtension('pg_class', 'c.oid')}`,
  ]
  const rows = await session.rows<{ kind: string; count: number }>(parts.join(' UNION ALL '))
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]))
}
