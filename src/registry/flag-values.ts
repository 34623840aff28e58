import type { FlagSpecs, FlagValues } from '../contract/flags.ts'
import { contributedName, type Contribution } from './contribution.ts'

/**
 * What a plugin gets to see of the parsed flags: its own, under its own names, with defaults. Flags that this command
 * does not take are there with their defaults.
 */
export function pluginFlags<S extends FlagSpecs>(
  contribution: Contribution & { readonly descriptor: { readonly flags: S } },
  parsed: Readonly<Record<string, unknown>>,
): FlagValues<S> {
  const values = Object.entries(contribution.descriptor.flags).map(([key, spec]) => {
    const value = parsed[contributedName(contribution, key)] ?? spec.default
    return [key, value] as const
  })
  return Object.fromEntries(values) as FlagValues<S>
}
