/** As an identifier of SQL, whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** As a string of SQL, whatever it holds and however `standard_conforming_strings` is set. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

export function qualified(schema: string, name: string): string {
  return `${identifier(schema)}.${identifier(name)}`
}
