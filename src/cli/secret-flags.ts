import { custom } from '@oclif/core/flags'
import { SECRET, type OclifFlag } from '../registry/flags.ts'
import { environmentName } from '../registry/contribution.ts'

/** A flag for a password, key or connection string: warned about when its value stands on the command line. */
export const secretFlag = custom<string, { readonly secret?: true }>({ helpValue: '<secret>', ...SECRET })

export function isSecret(flag: OclifFlag | undefined): boolean {
  return flag !== undefined && 'secret' in flag && flag.secret === true
}

/**
 * Hides the arguments of this process from `ps` as far as the system lets it, and says what to do instead.
 * @param names of the secret flags that stand on the command line
 */
export function hideArguments(
  names: readonly string[],
  flags: Readonly<Record<string, OclifFlag>>,
  command: string,
): string {
  process.title = `dbvault ${command.replaceAll(':', ' ')}`
  const given = names.map((name) => `--${name}`).join(', ')
  const ways = names.flatMap((name) => [
    ...(flags[name]?.env === undefined ? [] : [environmentName(name)]),
    ...(flags[`${name}-file`] ? [`--${name}-file`] : []),
  ])
  const instead = ways.length > 0 ? `; use ${ways.join(' or ')} instead` : ''
  return `other users of this machine can read ${given} while it stands on the command line${instead}`
}
