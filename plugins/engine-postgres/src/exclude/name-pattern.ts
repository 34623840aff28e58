/** What a pattern of pg_dump and psql matches, as regular expressions of the server ("Patterns" in the manual of psql). */
export interface NamePattern {
  /** Absent: whatever is found without naming a schema. */
  readonly schema?: string
  readonly name: string
}

/**
 * `*` and `?` stand for letters, a dot comes between schema and table, letters are folded; within double quotes each
 * character means itself. Anything else is a regular expression already.
 * @returns undefined when there are more parts than two, or a quote is not closed
 */
export function namePattern(pattern: string): NamePattern | undefined {
  const parts = ['']
  let quoted = false
  const add = (text: string): void => void parts.push((parts.pop() ?? '') + text)
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '"') {
      if (quoted && pattern.charAt(at + 1) === '"') add(pattern.charAt(++at))
      else quoted = !quoted
    } else if (quoted) add(/[|*+?()[\]{}.^$\\]/.test(character) ? `\\${character}` : character)
    else if (character === '.') parts.push('')
    else if (character === '*') add('.*')
    else if (character === '?') add('.')
    else if (character === '$') add('\\$')
    else add(character.toLowerCase())
  }
  const [first = '', second, ...more] = parts
  if (quoted || more.length > 0) return undefined
  return second === undefined ? { name: `^(${first})$` } : { schema: `^(${first})$`, name: `^(${second})$` }
}
