import { PERIODS, type Policy, periodOf } from './policy.ts'

/** A clock that is wrong by more than this makes backups that are not from its past. */
const FUTURE_MS = 24 * 3_600_000

/** A backup, as far as retention has to know it. */
export interface Candidate {
  /** The same for the copies of one backup. */
  readonly id: string
  /** Only within a series can one backup take the place of another. */
  readonly series: string
  readonly at: Date
  /** Whether it reached the level of proof that was asked for, and nothing later speaks against it. */
  readonly counts: boolean
  /** Whether it counts, was proven, whatever was asked for, and lacks nothing. */
  readonly sure: boolean
}

export interface Verdict<T extends Candidate> {
  readonly candidate: T
  readonly keep: boolean
  /** Why, for people. */
  readonly reasons: readonly string[]
}

/**
 * What a policy keeps. Only what counts is counted by its rules, so that no number of failed runs pushes out a good
 * backup; the newest of each series that counts is always kept, and with it whatever is newer, and so is the newest that
 * is proven and complete. A backup that does not count goes once a newer one that does is there. Copies of one backup
 * count once, and stay or go together. A policy without rules keeps everything.
 */
export function planRetention<T extends Candidate>(
  policy: Policy,
  candidates: readonly T[],
  now: Date,
): readonly Verdict<T>[] {
  const series = Map.groupBy(candidates, (candidate) => candidate.series)
  return [...series.values()].flatMap((members) => planSeries(policy, members, now))
}

function planSeries<T extends Candidate>(policy: Policy, members: readonly T[], now: Date): readonly Verdict<T>[] {
  const newestFirst = members.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  const isFuture = ({ at }: T): boolean => at.getTime() > now.getTime() + FUTURE_MS
  const copies = Map.groupBy(newestFirst, ({ id, counts }) => `${id} ${counts}`)
  const first = ({ id, counts }: T): T | undefined => copies.get(`${id} ${counts}`)?.[0]
  const counted = newestFirst.filter((one) => one.counts && !isFuture(one) && one === first(one))
  const reasons = new Map<T, string[]>(newestFirst.map((one) => [one, []]))
  const keep = (one: T | undefined, reason: string): void => void (one && reasons.get(one)?.push(reason))

  const [newest] = counted
  keep(newest, 'the newest that is as good as was asked for')
  keep(
    counted.find(({ sure }) => sure),
    'the newest that is proven and complete',
  )
  for (const one of newestFirst) {
    if (isFuture(one)) keep(one, 'dated in the future')
    else if (hasNoRule(policy)) keep(one, 'no rule was given')
    else if (!newest || one.at > newest.at) keep(one, 'nothing newer is as good as was asked for')
    else if (policy.withinMs !== undefined && newest.at.getTime() - one.at.getTime() <= policy.withinMs)
      keep(one, 'within the time to keep all')
  }
  for (const one of counted.slice(0, policy.last ?? 0)) keep(one, 'one of the last')
  for (const period of PERIODS) {
    const seen = new Set<string>()
    for (const one of counted) {
      const name = periodOf(one.at, period)
      if (seen.size >= (policy[period] ?? 0) || seen.has(name)) continue
      seen.add(name)
      keep(one, `${period}: ${name}`)
    }
  }
  return newestFirst.map((candidate) => {
    const why = reasons.get(candidate.counts ? (first(candidate) ?? candidate) : candidate) ?? []
    if (why.length > 0) return { candidate, keep: true, reasons: why }
    const reason = candidate.counts ? 'no rule keeps it' : 'not as good as was asked for, and a newer one is'
    return { candidate, keep: false, reasons: [reason] }
  })
}

const hasNoRule = (policy: Policy): boolean => Object.values(policy).every((rule) => rule === undefined)
