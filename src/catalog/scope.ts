/**
 * Whether a key belongs to what the user named: a folder (`nightly/`, and nothing of `nightly2/`), or the name of one
 * artifact (`shop.dump`) or of a folder without its slash, with what stands below and beside it.
 */
export function isWithin(scope: string, key: string): boolean {
  if (scope === '' || scope.endsWith('/')) return key.startsWith(scope)
  return key === scope || key.startsWith(`${scope}/`) || key.startsWith(`${scope}.`)
}
