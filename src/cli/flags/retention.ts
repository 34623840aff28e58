import { custom, integer } from '@oclif/core/flags'
import { durationFlag } from './duration.ts'

const helpGroup = 'RETENTION'

const HOUR_MS = 3_600_000
const UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
  y: 366 * 24 * HOUR_MS,
}

/** A span of up to centuries such as `36h`, `30d`, `8w` or `1y`, in milliseconds. */
const spanFlag = custom<number>({ helpValue: '<time>', parse: async (text) => parseSpan(text) })

export function parseSpan(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([hdwy])$/.exec(text) ?? []
  const milliseconds = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (!(milliseconds > 0)) throw new RangeError(`"${text}" is not a span of time such as 36h, 30d, 8w or 1y`)
  return milliseconds
}

const rule = { min: 1, helpValue: '<n>', helpGroup }

/** What `prune` keeps. From the command line only: no variable may stand for a deletion. */
export const retentionFlags = {
  'keep-last': integer({ summary: 'Keep the newest so many of each database.', ...rule }),
  'keep-hourly': integer({
    summary: 'Keep the newest of each hour, for the newest so many hours that have one.',
    ...rule,
  }),
  'keep-daily': integer({ summary: 'Keep the newest of each day (UTC), for so many days.', ...rule }),
  'keep-weekly': integer({ summary: 'Keep the newest of each week, from Monday on, for so many weeks.', ...rule }),
  'keep-monthly': integer({ summary: 'Keep the newest of each month, for so many months.', ...rule }),
  'keep-yearly': integer({ summary: 'Keep the newest of each year, for so many years.', ...rule }),
  'keep-within': spanFlag({ summary: 'Keep all that was made so long before the newest, such as 30d.', helpGroup }),
}

/** What `prune` takes for dead. */
export const sweepFlags = {
  grace: durationFlag({
    summary: 'How long a leftover must have been left alone to count as dead [24h].',
    default: async () => 24 * HOUR_MS,
    noCacheDefault: true,
    env: 'DBVAULT_GRACE',
    helpGroup: 'SWEEP',
  }),
}
