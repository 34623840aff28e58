const ID = '`(?:[^`]|``)*`'

/**
 * The statement of a view without its own database before columns. MariaDB writes it there when the definer of the view is
 * not there, so that the view could be restored into a database of that one name only.
 * @param database as it stands between backquotes
 */
export function unqualified(sql: string, database: string): string {
  const own = database.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const words = new RegExp(`'(?:[^'\\\\]|\\\\.|'')*'|\`${own}\`\\.(?=${ID}\\.)|${ID}`, 'gs')
  return sql.replace(words, (word) => (word.endsWith('.') ? '' : word))
}
