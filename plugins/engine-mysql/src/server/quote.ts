/** An identifier, in backquotes. */
export function name(text: string): string {
  return `\`${text.replaceAll('`', '``')}\``
}

/** `database`.`object` */
export function qualified(database: string, object: string): string {
  return `${name(database)}.${name(object)}`
}

/** A text literal, whatever the session's sql_mode says about backslashes. No expression: information_schema could not look it up. */
export function literal(text: string): string {
  return `_utf8mb4 X'${Buffer.from(text).toString('hex')}'`
}

/**
 * An SQL condition: a column of information_schema holds the name of this database. Some of its tables take names for the
 * same that differ in case or accents; with the first half alone the server looks at one database only.
 */
export function isDatabase(column: string, database: string): string {
  const exact = (sql: string): string => `CAST(IF(@@lower_case_table_names = 0, ${sql}, LOWER(${sql})) AS BINARY)`
  const text = literal(database)
  return `(${column} = ${text} AND ${exact(column)} = ${exact(text)})`
}

/** A name for people: it may hold line breaks and quotes. */
export function shown(text: string): string {
  return JSON.stringify(text)
}
