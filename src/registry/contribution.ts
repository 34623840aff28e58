import type { FlagSpec } from '../contract/flags.ts'
import type { EngineDescriptor, PluginDescriptor, StorageDescriptor } from '../contract/plugin.ts'

/** What one installed plugin brings, as its package.json tells; nothing of it has been imported. */
export interface Contribution<D extends PluginDescriptor = PluginDescriptor> {
  readonly descriptor: D
  /** The npm package. */
  readonly package: string
  readonly version: string
  /** The absolute path of its package. */
  readonly root: string
  /** It is used from the folder of whoever develops it. */
  readonly linked?: true
}

export type EngineContribution = Contribution<EngineDescriptor>
export type StorageContribution = Contribution<StorageDescriptor>

/** A plugin that is not used, or not all of it, and why. */
export interface PluginProblem {
  readonly package: string
  readonly message: string
  /** Only a part is not used, and the plugin works without it. */
  readonly partly?: true
}

export type PluginKind = PluginDescriptor['kind']

/** Which kinds of plugin a command takes, as its class declares in `static takes`. */
export type Takes = readonly PluginKind[]

/** Which flag chooses among the plugins of a kind. */
export const SELECTOR = { engine: 'db', storage: 'cloud' } as const satisfies Record<PluginKind, string>

export function isEngine(contribution: Contribution): contribution is EngineContribution {
  return contribution.descriptor.kind === 'engine'
}

export function isStorage(contribution: Contribution): contribution is StorageContribution {
  return contribution.descriptor.kind === 'storage'
}

/** The flag `bucket` of the plugin `s3` is `--s3-bucket`. */
export function contributedName(contribution: Contribution, flag: string): string {
  return `${contribution.descriptor.name}-${flag}`
}

/** `s3-bucket` is `DBVAULT_S3_BUCKET`. */
export function environmentName(flag: string): string {
  return `DBVAULT_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** The variables that stand for a contributed flag, in the order in which they are read. */
export function environmentNames(contribution: Contribution, flag: string): readonly string[] {
  const spec = contribution.descriptor.flags[flag]
  if (spec === undefined || spec.argvOnly === true) return []
  return [environmentName(contributedName(contribution, flag)), ...(spec.env ?? [])]
}

/** The descriptor flags of one plugin that apply to a command. */
export function contributedTo(
  { descriptor }: Contribution,
  command: string,
  takes: Takes,
): readonly (readonly [string, FlagSpec])[] {
  if (!takes.includes(descriptor.kind)) return []
  return Object.entries(descriptor.flags).filter(
    ([, { commands }]) => commands === undefined || commands.some((name) => name === command),
  )
}
