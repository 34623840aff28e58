const ID = '`(?:[^`]|``)*`'
const TEXT = `'(?:[^'\\\\]|\\\\.|'')*'`

/**
 * The statement of a view or table without its own database before columns, functions and sequences. Servers write it
 * there whatever was written, so that it could be restored into a database of that one name only.
 * @param database as it stands between backquotes
 */
export function unqualified(sql: string, database: string): string {
  const own = `\`${escaped(database)}\`\\.`
  const sequence = `(?<=\\b(?:next|last|set)val\\()${own}`
  const words = new RegExp(`${TEXT}|${sequence}|${own}(?=${ID}\\s*[.(])|${ID}`, 'gs')
  return sql.replace(words, (word) => (word.endsWith('.') ? '' : word))
}

/**
 * The statement of a trigger without its own database before its own name and that of its table. MariaDB keeps these words
 * as they were written.
 * @param database as it stands between backquotes
 * @returns the statement, or its beginning, and behind how much of what was given that begins to be the same again
 */
export function unqualifiedTrigger(sql: string, database: string): { readonly head: string; readonly end: number } {
  const own = `(?:\`${escaped(database)}\`|${escaped(database)})\\s*\\.\\s*`
  const name = '(?:`(?:[^`]|``)+`|[\\w$\\u0080-\\uffff]+)'
  const pattern = `^((?:[^\`']|${ID}|${TEXT})*?\\bTRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)(?:${own})?(${name}\\s+(?:BEFORE|AFTER)\\s+\\w+\\s+ON\\s+)(?:${own})?(?=${name})`
  const [whole, before, middle] = new RegExp(pattern, 'is').exec(sql) ?? []
  return whole === undefined ? { head: '', end: 0 } : { head: `${before}${middle}`, end: whole.length }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
