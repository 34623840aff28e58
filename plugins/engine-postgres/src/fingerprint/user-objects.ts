/** Conditions on `pg_class c JOIN pg_namespace n`, of what a dump of a database contains. */
export const OF_USER = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`

/** Whether an object is not one that `CREATE EXTENSION` makes. */
export function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
    AND e.objid = ${oid} AND e.deptype = 'e')`
}
