/**
 * The service takes a backslash for a slash, so two keys would be one blob. In a name it stands as `%5C`; a key that has
 * those very characters gets a `25` after the percent sign, as in URLs.
 */
export function blobName(key: string): string {
  return key.replaceAll(/%((?:25)*5C)/g, '%25$1').replaceAll('\\', '%5C')
}

export function keyOf(name: string): string {
  return name.replaceAll(/%((?:25)*)5C/g, (_, more: string) => (more === '' ? '\\' : `%${more.slice(2)}5C`))
}

/** What the names of all keys begin with that begin with this text; others may begin so, too. */
export function namePrefix(prefix: string): string {
  return blobName(prefix.replace(/%[25C]*$/, ''))
}
