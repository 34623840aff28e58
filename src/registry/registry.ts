import type { Config } from '@oclif/core/interfaces'
import { DbvaultError } from '../errors/dbvault-error.ts'
import {
  isEngine,
  isStorage,
  SELECTOR,
  type Contribution,
  type EngineContribution,
  type PluginKind,
  type PluginProblem,
  type StorageContribution,
} from './contribution.ts'
import { coreFlagNames } from './core-flags.ts'
import { discover } from './discover.ts'

/** What the installed plugins provide. Nothing of them has been imported. */
export class Registry {
  readonly engines: readonly EngineContribution[]
  readonly storages: readonly StorageContribution[]
  /** Plugins that are not used, and why. */
  readonly problems: readonly PluginProblem[]

  constructor(contributions: readonly Contribution[], problems: readonly PluginProblem[] = []) {
    this.engines = contributions.filter(isEngine)
    this.storages = contributions.filter(isStorage)
    this.problems = problems
  }

  static of(config: Pick<Config, 'plugins' | 'pjson'>): Registry {
    const { contributions, problems } = discover(config.plugins.values(), {
      coreFlags: coreFlagNames(config),
      bundled: new Set(Object.keys(config.pjson.dependencies ?? {})),
    })
    return new Registry(contributions, problems)
  }

  get all(): readonly Contribution[] {
    return [...this.engines, ...this.storages]
  }

  /** @throws PLUGIN_NOT_FOUND naming the installed engines and the command that would install it */
  engine(name: string): EngineContribution {
    return this.engines.find((engine) => engine.descriptor.name === name) ?? this.#missing('engine', name)
  }

  /** @throws PLUGIN_NOT_FOUND naming the installed storages and the command that would install it */
  storage(name: string): StorageContribution {
    return this.storages.find((storage) => storage.descriptor.name === name) ?? this.#missing('storage', name)
  }

  /** @throws PLUGIN_NOT_FOUND as {@link engine} and {@link storage} do */
  require(kind: PluginKind, name: string): Contribution {
    return kind === 'engine' ? this.engine(name) : this.storage(name)
  }

  /** The storage of `scheme://…`. @throws PLUGIN_NOT_FOUND */
  storageOf(scheme: string): StorageContribution {
    const found = this.storages.find((storage) => storage.descriptor.schemes.includes(scheme))
    if (found) return found
    const known = this.storages.map((storage) => `${storage.descriptor.schemes[0]}://`)
    throw new DbvaultError(
      'PLUGIN_NOT_FOUND',
      `${scheme}:// is not an address of any installed plugin (installed: ${['file://', ...known].join(', ')})`,
      { hints: [`dbvault plugins install @dbvault/storage-${scheme}`] },
    )
  }

  #missing(kind: PluginKind, name: string): never {
    const installed = (kind === 'engine' ? this.engines : this.storages).map(({ descriptor }) => descriptor.name)
    throw new DbvaultError(
      'PLUGIN_NOT_FOUND',
      `--${SELECTOR[kind]}=${name} is not provided by any installed plugin (installed: ${installed.join(', ') || 'none'})`,
      { hints: this.#waysTo(kind, name) },
    )
  }

  /** One that is there and was left out has to be another version; to install what it is not called helps nobody. */
  #waysTo(kind: PluginKind, name: string): string[] {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) return []
    const called = [`@dbvault/${kind}-${name}`, `dbvault-${kind}-${name}`]
    const left = this.problems.find(({ package: one }) => called.some((end) => one === end || one.endsWith(`/${end}`)))
    if (left === undefined) return [`dbvault plugins install ${called[0]}`]
    return [
      `${left.package} is installed, and not used: ${left.message}`,
      `dbvault plugins update   (brings its newest version)`,
    ]
  }
}
