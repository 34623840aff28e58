/** How many backups of a series to keep, by what rule; what any rule keeps is kept. All times are UTC. */
export interface Policy {
  /** The newest so many. */
  readonly last?: number
  /** The newest of each of the newest so many hours, days, weeks (from Monday on), months or years that have one. */
  readonly hourly?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
  /** Everything that was made so many milliseconds before the newest one, whether or not it counts. */
  readonly withinMs?: number
}

export type Period = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly'

export const PERIODS: readonly Period[] = ['hourly', 'daily', 'weekly', 'monthly', 'yearly']

/** Two moments are in the same period if this is the same text for both. */
export function periodOf(at: Date, period: Period): string {
  const text = at.toISOString()
  switch (period) {
    case 'hourly':
      return text.slice(0, 13)
    case 'daily':
      return text.slice(0, 10)
    case 'weekly':
      return mondayOf(at)
    case 'monthly':
      return text.slice(0, 7)
    case 'yearly':
      return text.slice(0, 4)
  }
}

function mondayOf(at: Date): string {
  const sinceMonday = (at.getUTCDay() + 6) % 7
  const monday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - sinceMonday))
  return `week of ${monday.toISOString().slice(0, 10)}`
}
