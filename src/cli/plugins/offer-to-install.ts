import type { Config } from '@oclif/core/interfaces'
import { SELECTOR, type PluginKind, type Takes } from '../../registry/contribution.ts'
import type { Registry } from '../../registry/registry.ts'
import { addUserPlugins } from '../../registry/user-plugins.ts'
import { askConsent } from '../ask.ts'

export interface MissingPlugin {
  readonly kind: PluginKind
  readonly name: string
}

/** The one-letter forms of the flags that choose a plugin. */
const LETTER: Readonly<Record<PluginKind, string>> = { engine: 'd', storage: 'c' }

/**
 * The engines and storages that a command line chooses and that are not installed. Looked for before it is parsed: the
 * flags that such a plugin would bring are unknown until it is there.
 */
export function missingPlugins(argv: readonly string[], takes: Takes, registry: Registry): readonly MissingPlugin[] {
  return takes.flatMap((kind) => {
    const known = new Set(
      (kind === 'engine' ? registry.engines : registry.storages).map(({ descriptor }) => descriptor.name),
    )
    return chosen(argv, kind)
      .filter((name) => !known.has(name))
      .map((name) => ({ kind, name }))
  })
}

/**
 * Offers to install what is missing and known to be had separately (`oclif.jitPlugins` of dbvault's package.json).
 * @returns whether anything was installed
 * @throws what `plugins install` throws
 */
export async function offerToInstall(
  missing: readonly MissingPlugin[],
  config: Config,
  signal: AbortSignal,
): Promise<boolean> {
  const separate = Object.keys(config.pjson.oclif.jitPlugins ?? {})
  const packages = missing.map(({ kind, name }) => `@${config.pjson.oclif.scope}/${kind}-${name}`)
  let installed = false
  for (const name of packages.filter((one) => separate.includes(one))) {
    if (!(await askConsent(`${name} is not installed. Install it now, and go on?`, signal))) continue
    await config.runCommand('plugins:install', [name])
    installed = true
  }
  if (installed) await addUserPlugins(config)
  return installed
}

function chosen(argv: readonly string[], kind: PluginKind): readonly string[] {
  const form = new RegExp(`^(?:--${SELECTOR[kind]}(?:=|$)|-${LETTER[kind]})(.*)$`, 's')
  return argv.flatMap((word, index) => {
    const [, attached] = form.exec(word) ?? []
    if (attached === undefined) return []
    const name = attached === '' ? argv[index + 1] : attached
    return name === undefined || name === '' || name.startsWith('-') ? [] : [name]
  })
}
