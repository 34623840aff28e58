import { custom } from '@oclif/core/flags'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** What Node's timers can hold: about 24 days. */
const LONGEST = 2 ** 31 - 1

/** A span of time such as `90s`, `15m` or `2h`, in milliseconds; a number alone is seconds. */
export const durationFlag = custom<number>({
  helpValue: '<time>',
  parse: async (text) => parseDuration(text),
})

export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const milliseconds = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN))
  if (!(milliseconds > 0)) throw new RangeError(`"${text}" is not a span of time such as 90s, 15m or 2h`)
  if (milliseconds > LONGEST) throw new RangeError(`"${text}" is longer than 24 days`)
  return milliseconds
}
