import type { TableOfContents } from './table-of-contents.ts'

const OPTION =
  /\b(ENCODING|LOCALE_PROVIDER|LOCALE|LC_COLLATE|LC_CTYPE|ICU_LOCALE|BUILTIN_LOCALE|ICU_RULES) = ('(?:[^']|'')*'|\w+)/g
const PROVIDERS_SINCE = 15
const MARK = ' WITH TEMPLATE = template0'

/**
 * Encoding and locale of the database that was dumped, as the options of a CREATE DATABASE. Rows that are compared have
 * to be in the same encoding, and a range partition or a check depends on the order of texts. Before version 15 a server
 * had one provider of locales, and no word for it.
 */
export function databaseOptions({ entries }: TableOfContents, server: number): string {
  const definition = entries.find(({ kind }) => kind === 'DATABASE')?.definition ?? ''
  const options = definition.slice(definition.lastIndexOf(MARK) + MARK.length)
  const known = [...options.matchAll(OPTION)].filter(
    ([, name, value]) => server >= PROVIDERS_SINCE || name !== 'LOCALE_PROVIDER' || value !== 'libc',
  )
  return ['TEMPLATE template0', ...known.map(([, name, value]) => `${name} = ${value}`)].join(' ')
}
