import { DbvaultError } from '../errors/dbvault-error.ts'
import type { AddressRole } from '../contract/flags.ts'
import type { SourceSetting } from '../contract/plugin.ts'
import {
  contributedName,
  contributedTo,
  environmentNames,
  isStorage,
  SELECTOR,
  type Contribution,
  type Takes,
} from './contribution.ts'
import type { Registry } from './registry.ts'

export interface ParsedFlags {
  readonly command: string
  readonly takes: Takes
  /** Long names of what stands on the command line itself; an exported variable is not a mistake to complain of. */
  readonly given: ReadonlySet<string>
  /** Values by long name, whatever they come from. */
  readonly values: Readonly<Record<string, unknown>>
  /** What may be addresses: arguments, and flags that take one. */
  readonly addresses: readonly string[]
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i

const SETTING_FLAGS: Readonly<Record<string, SourceSetting>> = {
  host: 'host',
  port: 'port',
  user: 'user',
  password: 'password',
  'password-file': 'password',
  'password-command': 'password',
  url: 'url',
}

/**
 * Checks how flags and the chosen plugins go together, and returns the names of those whose value has to be ignored:
 * source settings from the environment that the chosen engine does not know.
 * @throws PLUGIN_NOT_FOUND for an unknown `--db` or `--cloud`; USAGE for a flag that is missing or out of place
 */
export function checkRelations(registry: Registry, parsed: ParsedFlags): readonly string[] {
  const engine = typeof parsed.values['db'] === 'string' ? registry.engine(parsed.values['db']) : undefined
  const storages = words(parsed.values['cloud']).map((name) => registry.storage(name))
  const chosen: readonly Contribution[] = engine ? [engine, ...storages] : storages
  const others = registry.all.filter((contribution) => !chosen.includes(contribution))
  const implied = others.filter((contribution) => impliedBy(contribution, engine, parsed))
  for (const contribution of others) if (!implied.includes(contribution)) refuseFlagsOf(contribution, parsed)
  const missing = [
    ...chosen.flatMap((contribution) => missingFlagsOf(contribution, parsed)),
    // An address says the container, and nothing else.
    ...implied.filter(isStorage).flatMap((contribution) => missingFlagsOf(contribution, parsed, 'container')),
  ]
  if (missing.length > 0) throw new DbvaultError('USAGE', missing.join('; '))
  return engine ? settingsToIgnore(engine, parsed) : []
}

/** Besides `--cloud`, an address chooses a storage; and where a stored backup is read, its manifest names the engine. */
function impliedBy({ descriptor }: Contribution, engine: Contribution | undefined, parsed: ParsedFlags): boolean {
  if (descriptor.kind === 'engine') return engine === undefined && parsed.command !== 'backup'
  return parsed.addresses.some((text) => descriptor.schemes.includes(SCHEME.exec(text)?.[1]?.toLowerCase() ?? ''))
}

function refuseFlagsOf(contribution: Contribution, { command, takes, given }: ParsedFlags): void {
  const { kind, name } = contribution.descriptor
  for (const [key] of contributedTo(contribution, command, takes)) {
    const flag = contributedName(contribution, key)
    if (given.has(flag)) throw new DbvaultError('USAGE', `--${flag} only applies with --${SELECTOR[kind]}=${name}`)
  }
}

function missingFlagsOf(
  contribution: Contribution,
  { command, takes, values }: ParsedFlags,
  known?: AddressRole,
): readonly string[] {
  const { kind, name } = contribution.descriptor
  return contributedTo(contribution, command, takes)
    .filter(([, spec]) => 'required' in spec && spec.required && !('role' in spec && spec.role === known))
    .filter(([key]) => values[contributedName(contribution, key)] === undefined)
    .map(([key]) => {
      const [variable] = environmentNames(contribution, key)
      const way = variable === undefined ? '' : ` (or set ${variable})`
      return `--${contributedName(contribution, key)} is required with --${SELECTOR[kind]}=${name}${way}`
    })
}

function settingsToIgnore(engine: Contribution, { given, values }: ParsedFlags): readonly string[] {
  const { descriptor } = engine
  if (descriptor.kind !== 'engine') return []
  const foreign = Object.keys(SETTING_FLAGS).filter(
    (flag) => values[flag] !== undefined && !descriptor.source.settings.some((known) => known === SETTING_FLAGS[flag]),
  )
  const refused = foreign.find((flag) => given.has(flag))
  if (refused !== undefined) {
    const whole = descriptor.source.database === 'file' ? ', whose databases are files: name one with --database' : ''
    throw new DbvaultError('USAGE', `--${refused} does not apply to --db=${descriptor.name}${whole}`)
  }
  return foreign
}

function words(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((word) => typeof word === 'string')
}
