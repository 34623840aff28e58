import { plainTable } from './plain-table.ts'

interface Plugin {
  readonly package: string
  readonly version: string
  readonly from: string
  readonly kind: string
  readonly selectedBy: string
  readonly summary: string
  readonly root: string
  readonly flags: readonly { readonly flag: string; readonly variables: readonly string[]; readonly summary: string }[]
  readonly mayDo: readonly string[]
  readonly settings?: readonly string[]
  readonly formats?: readonly { readonly id: string; readonly extension: string }[]
  readonly schemes?: readonly string[]
}

/** One plugin for people: what it adds to the command line, and what it may do. */
export function pluginWords(plugin: Plugin): string {
  const lines: [label: string, text: string][] = [
    ['Package', `${plugin.package} ${plugin.version} (${plugin.from})`],
    ['Is', `the ${plugin.kind} ${plugin.selectedBy}: ${plugin.summary}`],
    ['Lies in', plugin.root],
  ]
  if (plugin.settings) lines.push(['Uses', plugin.settings.map((setting) => `--${setting}`).join(' ') || 'no setting'])
  lines.push([plugin.formats ? 'Formats' : 'Addresses', stores(plugin)])
  for (const [index, { flag, variables, summary }] of plugin.flags.entries()) {
    lines.push([
      index === 0 ? 'Flags' : '',
      `${flag}  ${summary}${variables.length > 0 ? ` [${variables.join(', ')}]` : ''}`,
    ])
  }
  for (const [index, text] of plugin.mayDo.entries()) lines.push([index === 0 ? 'May do' : '', text])
  return lines.map(([label, text]) => `${label.padEnd(11)}${text}`.trimEnd()).join('\n')
}

/** All of them in a line each, and what they have in common once. */
export function pluginLines(plugins: readonly Plugin[]): string {
  const rows = plugins.map((plugin) => [
    plugin.selectedBy,
    `${plugin.package} ${plugin.version} (${plugin.from})`,
    `${stores(plugin)}; ${plugin.flags.length} ${plugin.flags.length === 1 ? 'flag' : 'flags'}`,
  ])
  return [
    'Plugins',
    ...plainTable(rows).split('\n'),
    'Each runs only when it is chosen, in the process of dbvault and with your rights; none adds a command or a hook.',
    'dbvault plugins inspect NAME tells all that one adds and may do.',
  ].join('\n  ')
}

/** The formats of an engine, the addresses of a storage. */
function stores({ formats, schemes = [] }: Plugin): string {
  return (
    formats?.map(({ id, extension }) => `${id} (.${extension})`) ?? schemes.map((scheme) => `${scheme}://…`)
  ).join(', ')
}
