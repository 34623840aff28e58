import type { Config } from '@oclif/core/interfaces'
import type { FlagSpec } from '../../contract/flags.ts'
import type { FormatDescriptor, PluginDescriptor, SourceSetting } from '../../contract/plugin.ts'
import {
  contributedName,
  environmentNames,
  SELECTOR,
  type Contribution,
  type PluginProblem,
} from '../../registry/contribution.ts'
import { Registry } from '../../registry/registry.ts'

/** One engine or storage, and where it is from. */
export interface InstalledPlugin {
  readonly package: string
  readonly version: string
  readonly from: 'bundled' | 'installed' | 'linked'
  readonly kind: PluginDescriptor['kind']
  /** What the user types: `--db=postgres`. */
  readonly selectedBy: string
  readonly summary: string
  /** The absolute path of its package. */
  readonly root: string
  readonly flags: readonly InstalledFlag[]
  /** What its code can do and cannot, one line each. */
  readonly mayDo: readonly string[]
  /** Of an engine. */
  readonly settings?: readonly SourceSetting[]
  readonly formats?: readonly FormatDescriptor[]
  /** Of a storage. */
  readonly schemes?: readonly string[]
}

interface InstalledFlag {
  readonly flag: string
  readonly variables: readonly string[]
  readonly type: FlagSpec['type']
  readonly summary: string
  readonly secret: boolean
}

export interface InstalledPlugins {
  readonly plugins: readonly InstalledPlugin[]
  /** What is not used, or not all of it, and why. */
  readonly problems: readonly PluginProblem[]
}

/** What is installed, ordered by kind and name. No code of a plugin is imported for it. */
export function installedPlugins(config: Config): InstalledPlugins {
  const registry = Registry.of(config)
  return { plugins: registry.all.map((one) => describe(one, config)), problems: registry.problems }
}

function describe(contribution: Contribution, config: Config): InstalledPlugin {
  const { descriptor } = contribution
  return {
    package: contribution.package,
    version: contribution.version,
    from: originOf(contribution, config),
    kind: descriptor.kind,
    selectedBy: `--${SELECTOR[descriptor.kind]}=${descriptor.name}`,
    summary: descriptor.summary,
    root: contribution.root,
    flags: Object.entries(descriptor.flags).map(([key, spec]) => ({
      flag: `--${contributedName(contribution, key)}`,
      variables: environmentNames(contribution, key),
      type: spec.type,
      summary: spec.summary,
      secret: ('secret' in spec && spec.secret) ?? false,
    })),
    mayDo: [
      `its code runs only when --${SELECTOR[descriptor.kind]}=${descriptor.name} is used, in the process of dbvault and with your rights`,
      'it sees the login and the data of what it is used for; it adds no command and no hook',
    ],
    ...(descriptor.kind === 'engine'
      ? { settings: descriptor.source.settings, formats: descriptor.formats }
      : { schemes: descriptor.schemes }),
  }
}

function originOf(contribution: Contribution, config: Config): InstalledPlugin['from'] {
  const type = config.plugins.get(contribution.package)?.type
  return type === 'link' ? 'linked' : type === 'user' ? 'installed' : 'bundled'
}
