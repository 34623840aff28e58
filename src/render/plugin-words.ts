interface Plugin {
  readonly package: string
  readonly version: string
  readonly from: string
  readonly kind: string
  readonly selectedBy: string
  readonly summary: string
  readonly root: string
  readonly flags: readonly { readonly flag: string; readonly variables: readonly string[]; readonly summary: string }[]
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
  if (plugin.formats)
    lines.push(['Formats', plugin.formats.map(({ id, extension }) => `${id} (.${extension})`).join(', ')])
  if (plugin.schemes) lines.push(['Addresses', plugin.schemes.map((scheme) => `${scheme}://…`).join(', ')])
  for (const [index, { flag, variables, summary }] of plugin.flags.entries()) {
    lines.push([
      index === 0 ? 'Flags' : '',
      `${flag}  ${summary}${variables.length > 0 ? ` [${variables.join(', ')}]` : ''}`,
    ])
  }
  lines.push(
    ['May do', `its code runs only when ${plugin.selectedBy} is used, in the process of dbvault and with your rights`],
    ['', 'it sees the login and the data of what it is used for; it adds no command and no hook'],
  )
  return lines.map(([label, text]) => `${label.padEnd(11)}${text}`.trimEnd()).join('\n')
}
