/** An identifier, in backquotes. */
export function name(text: string): string {
  return `\`${text.replaceAll('`', '``')}\``
}

/** `database`.`object` */
export function qualified(database: string, object: string): string {
  return `${name(database)}.${name(object)}`
}

/** A text literal, whatever the session's sql_mode says about backslashes. */
export function literal(text: string): string {
  return text === '' ? "''" : `CONVERT(0x${Buffer.from(text).toString('hex')} USING utf8mb4)`
}

/** A name for people: it may hold line breaks and quotes. */
export function shown(text: string): string {
  return JSON.stringify(text)
}
