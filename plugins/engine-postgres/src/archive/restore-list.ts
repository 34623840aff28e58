import type { Entry, TableOfContents } from './table-of-contents.ts'

export interface Leaving {
  /** What ties the real database to others: publications, subscriptions, and passwords for foreign servers. */
  readonly relations: boolean
  /** Only a superuser may make them. */
  readonly eventTriggers: boolean
}

/** Extensions that live in one database of a server, which has to be set up for it. */
const BOUND = ['pg_cron']
const SCHEMAS_OF: Readonly<Record<string, string>> = { pg_cron: 'cron' }

const RELATIONS = ['PUBLICATION', 'SUBSCRIPTION', 'USER MAPPING']

/** Entries of an archive that are not to be restored, by what they are. */
export function leftOut({ entries }: TableOfContents, { relations, eventTriggers }: Leaving): Entry[] {
  const bound = entries.filter(({ kind, name }) => kind === 'EXTENSION' && BOUND.includes(name)).map(({ name }) => name)
  const schemas = new Set(bound.map((name) => SCHEMAS_OF[name]))
  const kinds = [...(relations ? RELATIONS : []), ...(eventTriggers ? ['EVENT TRIGGER'] : [])]
  const about = [...kinds.map((kind) => `${kind} `), ...bound.map((name) => `EXTENSION ${name}`)]
  return entries.filter(
    ({ kind, name, schema }) =>
      kinds.some((left) => kind === left || kind.startsWith(`${left} `)) ||
      (kind === 'EXTENSION' && bound.includes(name)) ||
      (kind === 'SCHEMA' && schemas.has(name)) ||
      schemas.has(schema) ||
      ((kind === 'COMMENT' || kind === 'SECURITY LABEL') && about.some((start) => name.startsWith(start))),
  )
}

/** What `pg_restore --use-list` reads: the entries that remain, in the order of the archive. */
export function restoreList({ entries }: TableOfContents, left: readonly Entry[]): string {
  const without = new Set(left.map(({ id }) => id))
  return entries
    .filter(({ id }) => !without.has(id))
    .map(({ id }) => `${id};\n`)
    .join('')
}
