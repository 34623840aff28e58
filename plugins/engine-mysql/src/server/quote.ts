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
  return `CONVERT(0x${Buffer.from(text).toString('hex') || '00'} USING utf8mb4)`.replace('0x00 USING', "'' USING")
}

/** A name for people: it may hold line breaks and quotes. */
export function shown(text: string): string {
  return JSON.stringify(text)
}
