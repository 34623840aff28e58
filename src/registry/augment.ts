import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/interfaces'
import { SELECTOR, type PluginKind, type Takes } from './contribution.ts'
import { coreCommands, coreFlags } from './core-flags.ts'
import { contributedFlags } from './flags.ts'
import { Registry } from './registry.ts'

/**
 * Teaches help and completion what the installed plugins contribute: their flags, and the values of `--db` and
 * `--cloud`. May be called again at any time.
 *
 * The cached flags are changed in place, because oclif's command table, its plugin and the copies it makes for aliases
 * all share that one object. The parser does not read it; {@link contributedFlags} serves both.
 */
export function augment(config: Pick<Config, 'plugins' | 'pjson'>): Registry {
  const registry = Registry.of(config)
  for (const command of coreCommands(config)) {
    const takes = takesOf(command)
    if (takes.length === 0) continue
    const own = structuredClone(coreFlags(command))
    for (const kind of takes) offerNames(own[SELECTOR[kind]], kind, registry)
    for (const name of Object.keys(command.flags)) delete command.flags[name]
    Object.assign(command.flags, own, contributedFlags(registry.all, command.id, takes))
  }
  return registry
}

function takesOf(command: Command.Loadable): Takes {
  const takes: unknown = command['takes']
  return Array.isArray(takes) ? takes.filter((kind): kind is PluginKind => kind === 'engine' || kind === 'storage') : []
}

function offerNames(flag: Command.Flag.Cached | undefined, kind: PluginKind, registry: Registry): void {
  if (flag?.type !== 'option') return
  const names = (kind === 'engine' ? registry.engines : registry.storages).map(({ descriptor }) => descriptor.name)
  if (names.length === 0) return
  flag.options = names
  // Help shows either this placeholder or the options.
  delete flag.helpValue
}
