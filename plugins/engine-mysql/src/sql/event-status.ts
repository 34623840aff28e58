const ID = '`(?:[^`]|``)*`'
/** What dump programs write between the words of a statement: comments that servers run. */
const GAP = '(?:\\s|/\\*M?!\\d*|\\*/)+'
const EVENT = new RegExp(
  `^(?:${GAP})?CREATE${GAP}(?:DEFINER\\s*=\\s*${ID}(?:@${ID})?${GAP})?EVENT${GAP}(?:IF NOT EXISTS${GAP})?(${ID}) ON SCHEDULE [^\`]*? ON COMPLETION (?:NOT )?PRESERVE (ENABLE|DISABLE(?: ON (?:SLAVE|REPLICA))?) (?:COMMENT|DO)\\b`,
)

export interface EventStatus {
  readonly name: string
  /** Such as `ENABLE`. */
  readonly status: string
  /** Where that word stands in the text. */
  readonly start: number
  readonly end: number
}

/** Of a statement that makes an event, as servers write it. */
export function eventStatus(sql: string): EventStatus | undefined {
  const match = EVENT.exec(sql)
  if (!match) return undefined
  const [text, name = '', status = ''] = match
  const start = text.lastIndexOf(` ${status} `) + 1
  return { name: name.slice(1, -1).replaceAll('``', '`'), status, start, end: start + status.length }
}

/** The same statement, with this status in place of its own. */
export function withStatus(sql: string, status: string): string {
  const found = eventStatus(sql)
  return found ? `${sql.slice(0, found.start)}${status}${sql.slice(found.end)}` : sql
}
