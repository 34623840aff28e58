import { plainTable } from './plain-table.ts'

interface Row {
  readonly package: string
  readonly version: string
  readonly from: string
  readonly selectedBy: string
  readonly summary: string
}

/** The installed engines and storages for people. */
export function pluginsTable(plugins: readonly Row[]): string {
  const rows = plugins.map((plugin) => [plugin.selectedBy, plugin.summary, plugin.package, plugin.version, plugin.from])
  return plainTable([['CHOOSE IT BY', 'FOR', 'PACKAGE', 'VERSION', 'FROM'], ...rows])
}
