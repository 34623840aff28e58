import { contributedName, isStorage, type Contribution, type PluginProblem } from './contribution.ts'
import { parseDescriptor } from './descriptor.ts'
import { fail } from './shape.ts'

/** The part of an oclif plugin that is read here. Its code is not imported. */
export interface InstalledPlugin {
  readonly name: string
  readonly type: string
  readonly root: string
  readonly version: string
  readonly pjson: object
}

export interface Surroundings {
  /** Long names of the core's own flags, over all commands. */
  readonly coreFlags: ReadonlySet<string>
  /** Packages that come with dbvault. */
  readonly bundled: ReadonlySet<string>
}

export interface Discovery {
  /** Ordered by name. */
  readonly contributions: readonly Contribution[]
  readonly problems: readonly PluginProblem[]
}

/** `DBVAULT_CACHE_DIR` and its like move oclif's own folders, so no contributed flag may have such a variable. */
const OCLIF_VARIABLES = ['binpath', 'cache-dir', 'config-dir', 'content-type', 'data-dir', 'debug', 'npm-registry']

/**
 * Reads what the installed plugins contribute. Never throws: what is wrong with one plugin costs only that plugin.
 *
 * Two providers of one thing are settled by precedence: what comes with dbvault, then what a developer linked, then
 * what a user installed, and by package name among equals; the order in which oclif loads plugins is a race.
 */
export function discover(plugins: Iterable<InstalledPlugin>, { coreFlags, bundled }: Surroundings): Discovery {
  const accepted: Contribution[] = []
  const problems: PluginProblem[] = []
  const rank = (plugin: InstalledPlugin): number => (bundled.has(plugin.name) ? 0 : plugin.type === 'link' ? 1 : 2)
  const ordered = [...plugins].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  for (const plugin of ordered) {
    try {
      const raw: unknown = Reflect.get(plugin.pjson, 'dbvault')
      if (raw === undefined) continue
      const contribution: Contribution = {
        descriptor: parseDescriptor(raw),
        package: plugin.name,
        version: plugin.version,
        root: plugin.root,
        ...(plugin.type === 'link' && { linked: true }),
      }
      refuseClashes(contribution, accepted, coreFlags)
      accepted.push(contribution)
    } catch (error) {
      problems.push({ package: plugin.name, message: error instanceof Error ? error.message : String(error) })
    }
  }
  accepted.sort((a, b) => (a.descriptor.name < b.descriptor.name ? -1 : 1))
  return { contributions: accepted, problems }
}

function refuseClashes(
  candidate: Contribution,
  accepted: readonly Contribution[],
  coreFlags: ReadonlySet<string>,
): void {
  const { name } = candidate.descriptor
  const namesake = accepted.find((other) => other.descriptor.name === name)
  if (namesake) {
    const { kind } = namesake.descriptor
    fail('dbvault.name', `is "${name}", and ${namesake.package} already provides the ${kind} of that name`)
  }
  for (const flag of Object.keys(candidate.descriptor.flags)) {
    const long = contributedName(candidate, flag)
    const owner = coreFlags.has(long) || OCLIF_VARIABLES.includes(long) ? 'dbvault' : ownerOf(long, accepted)
    if (owner !== undefined) fail(`dbvault.flags.${flag}`, `makes the flag --${long}, which belongs to ${owner}`)
  }
  if (!isStorage(candidate)) return
  for (const scheme of candidate.descriptor.schemes) {
    const owner = accepted.find((other) => isStorage(other) && other.descriptor.schemes.includes(scheme))
    if (owner) fail('dbvault.schemes', `claims ${scheme}://, which belongs to ${owner.package}`)
  }
}

function ownerOf(long: string, accepted: readonly Contribution[]): string | undefined {
  return accepted.find((other) =>
    Object.keys(other.descriptor.flags).some((flag) => contributedName(other, flag) === long),
  )?.package
}
