import { boolean, integer, string } from '@oclif/core/flags'
import type { Flag } from '@oclif/core/interfaces'
import type { FlagSpec } from '../contract/flags.ts'
import {
  contributedName,
  contributedTo,
  environmentName,
  SELECTOR,
  type Contribution,
  type Takes,
} from './contribution.ts'

/** Not one of oclif's own properties: it marks a flag whose value is never shown. */
export const SECRET = { secret: true } as const

export type OclifFlag = Flag<string | string[] | number | boolean | undefined>

/** The flags that plugins contribute to one command, under their long names. */
export function contributedFlags(
  contributions: readonly Contribution[],
  command: string,
  takes: Takes,
): Record<string, OclifFlag> {
  return Object.fromEntries(
    contributions.flatMap((contribution) =>
      contributedTo(contribution, command, takes).map(([key, spec]) => {
        const name = contributedName(contribution, key)
        return [name, toOclifFlag(contribution, name, spec)] as const
      }),
    ),
  )
}

function toOclifFlag({ descriptor }: Contribution, name: string, spec: FlagSpec): OclifFlag {
  const base = {
    name,
    summary: spec.summary,
    helpGroup: `--${SELECTOR[descriptor.kind]} ${descriptor.name}`,
    ...(spec.argvOnly !== true && { env: environmentName(name) }),
    ...(spec.hidden !== undefined && { hidden: spec.hidden }),
  }
  switch (spec.type) {
    case 'boolean':
      return boolean({
        ...base,
        allowNo: spec.default === true,
        ...defaultOf(spec),
      })
    case 'integer':
      return integer({
        ...base,
        ...(spec.min !== undefined && { min: spec.min }),
        ...(spec.max !== undefined && { max: spec.max }),
        ...defaultOf(spec),
      }) as OclifFlag
    case 'path':
      return string({ ...base, helpValue: '<path>', ...defaultOf(spec) }) as OclifFlag
    case 'string': {
      const text = {
        ...base,
        ...(spec.options && { options: [...spec.options] }),
        ...(spec.secret === true && { ...SECRET, helpValue: '<secret>' }),
      }
      if (spec.multiple === true) return string({ ...text, multiple: true, multipleNonGreedy: true }) as OclifFlag
      return string({ ...text, ...defaultOf(spec) }) as OclifFlag
    }
  }
}

function defaultOf<T>({ default: value }: { readonly default?: T }): { default?: T } {
  return value === undefined ? {} : { default: value }
}
