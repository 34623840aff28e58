import type { FlagValues } from 'dbvault'
import { flags, type Flags } from '../../src/descriptor.ts'

/** What the command line gives when no flag of the engine stands on it. */
export const defaults = Object.fromEntries(
  Object.entries(flags).map(([name, spec]) => [name, 'default' in spec ? spec.default : undefined]),
) as unknown as FlagValues<Flags>
