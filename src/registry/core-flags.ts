import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/interfaces'

export type CachedFlags = Command.Loadable['flags']

/** The cached flags of the core's commands as they were before anything was contributed. */
const originals = new WeakMap<CachedFlags, CachedFlags>()

/** A command's own flags, whether or not contributed ones have been added to them since. */
export function coreFlags(command: Command.Loadable): CachedFlags {
  let original = originals.get(command.flags)
  if (!original) originals.set(command.flags, (original = structuredClone(command.flags)))
  return original
}

export function coreCommands(config: Pick<Config, 'plugins' | 'pjson'>): readonly Command.Loadable[] {
  return config.plugins.get(config.pjson.name)?.commands ?? []
}

export function coreFlagNames(config: Pick<Config, 'plugins' | 'pjson'>): ReadonlySet<string> {
  return new Set(coreCommands(config).flatMap((command) => Object.keys(coreFlags(command))))
}
