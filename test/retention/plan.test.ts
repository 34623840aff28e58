import assert from 'node:assert/strict'
import { type Candidate, planRetention } from '../../src/retention/plan.ts'
import { type Policy, periodOf } from '../../src/retention/policy.ts'

const NOW = new Date('2026-11-25T12:00:00Z')
const DAY = 24 * 3_600_000

interface Made extends Candidate {
  readonly name: string
}

/**
 * `2026-11-25T03` is a backup that counts, `!2026-11-25T03` one that does not, `?2026-11-25T03` one that counts and was not
 * proven; `b:` before it is another series, and `=1` behind it a copy of the same.
 */
function made(texts: readonly string[]): Made[] {
  return texts.map((name) => {
    const [, series = 'a', mark, stamp = ''] = /^(?:(\w):)?([!?]?)([^=]*)(?:=\d)?$/.exec(name) ?? []
    const at = new Date(`${stamp.padEnd(13, 'T03')}:00:00Z`)
    return { name, id: `${series}${stamp}`, series, counts: mark !== '!', sure: mark === '', at }
  })
}

function kept(policy: Policy, texts: readonly string[], now = NOW): string[] {
  const verdicts = planRetention(policy, made(texts), now)
  assert.equal(verdicts.length, texts.length)
  for (const { reasons } of verdicts) assert.notEqual(reasons.length, 0)
  return verdicts.filter(({ keep }) => keep).map(({ candidate }) => candidate.name)
}

const WEEK = ['2026-11-25', '2026-11-24', '2026-11-23', '2026-11-22', '2026-11-21', '2026-11-20', '2026-11-19']

describe('a retention policy', () => {
  const table: readonly (readonly [
    what: string,
    policy: Policy,
    backups: readonly string[],
    keeps: readonly string[],
  ])[] = [
    [
      'without rules keeps everything',
      {},
      ['2026-11-25', '!2026-11-24', '2020-01-01'],
      ['2026-11-25', '!2026-11-24', '2020-01-01'],
    ],
    ['of none keeps none', { last: 1 }, [], []],
    ['keeps the last', { last: 3 }, WEEK, WEEK.slice(0, 3)],
    ['keeps the last, in whatever order they come', { last: 2 }, WEEK.toReversed(), WEEK.slice(0, 2)],
    [
      'keeps the newest that is proven and complete, whatever newer ones were asked for',
      { last: 2 },
      ['?2026-11-25', '?2026-11-24', '?2026-11-23', '2026-11-22', '2026-11-21'],
      ['?2026-11-25', '?2026-11-24', '2026-11-22'],
    ],
    [
      'counts copies of one backup once, and keeps or removes them together',
      { last: 2 },
      ['2026-11-25', '2026-11-25=1', '2026-11-25=2', '2026-11-24', '2026-11-23', '2026-11-23=1'],
      ['2026-11-25', '2026-11-25=1', '2026-11-25=2', '2026-11-24'],
    ],
    [
      'removes the copy of a backup that does not count, where another copy does',
      { last: 2 },
      ['2026-11-25', '2026-11-24', '!2026-11-24=1', '2026-11-23'],
      ['2026-11-25', '2026-11-24'],
    ],
    ['keeps fewer than asked where there are fewer', { last: 30, daily: 9 }, WEEK, WEEK],
    [
      'keeps the newest of each hour',
      { hourly: 2 },
      ['2026-11-25T03', '2026-11-25T02', '2026-11-25T01'],
      ['2026-11-25T03', '2026-11-25T02'],
    ],
    [
      'keeps the newest of each day, and skips days without any',
      { daily: 3 },
      ['2026-11-25T09', '2026-11-25T08', '2026-11-24T23', '2026-11-24T01', '2026-11-20T05', '2026-11-19T05'],
      ['2026-11-25T09', '2026-11-24T23', '2026-11-20T05'],
    ],
    ['keeps the newest of each week, which begins on Monday', { weekly: 2 }, WEEK, ['2026-11-25', '2026-11-22']],
    [
      'keeps the newest of each month',
      { monthly: 2 },
      ['2026-11-25', '2026-11-01', '2026-10-31', '2026-10-01', '2026-09-30'],
      ['2026-11-25', '2026-10-31'],
    ],
    [
      'keeps the newest of each year',
      { yearly: 2 },
      ['2026-11-25', '2026-01-01', '2025-12-31', '2025-01-01', '2024-12-31'],
      ['2026-11-25', '2025-12-31'],
    ],
    [
      'keeps what any of its rules keeps',
      { last: 1, daily: 2, monthly: 2 },
      [...WEEK, '2026-10-31', '2026-10-30'],
      ['2026-11-25', '2026-11-24', '2026-10-31'],
    ],
    ['keeps all within a time before the newest, its end included', { withinMs: 2 * DAY }, WEEK, WEEK.slice(0, 3)],
    [
      'counts the time from the newest and not from now, so that a halt deletes nothing',
      { withinMs: 2 * DAY },
      ['2025-03-03', '2025-03-02', '2025-02-01'],
      ['2025-03-03', '2025-03-02'],
    ],
    [
      'keeps the newest good one, whatever the rules say',
      { withinMs: 1 },
      ['2025-03-03', '2025-03-02'],
      ['2025-03-03'],
    ],
    [
      'does not count what is not good, so that it pushes nothing out',
      { last: 2 },
      ['!2026-11-25', '!2026-11-24', '2026-11-23', '!2026-11-22', '2026-11-21', '2026-11-20'],
      ['!2026-11-25', '!2026-11-24', '2026-11-23', '2026-11-21'],
    ],
    ['keeps everything where nothing is good', { last: 1 }, WEEK.map((day) => `!${day}`), WEEK.map((day) => `!${day}`)],
    [
      'keeps what is not good within its time, too',
      { last: 1, withinMs: 2 * DAY },
      ['2026-11-25', '!2026-11-24', '!2026-11-20'],
      ['2026-11-25', '!2026-11-24'],
    ],
    [
      'never lets the backups of one database push out those of another',
      { last: 1 },
      ['a:2026-11-25', 'a:2026-11-24', 'b:2025-01-02', 'b:2025-01-01'],
      ['a:2026-11-25', 'b:2025-01-02'],
    ],
    [
      'keeps, and does not count, what a wrong clock dated in the future',
      { last: 1 },
      ['2031-01-01', '2026-11-25', '2026-11-24'],
      ['2031-01-01', '2026-11-25'],
    ],
    ['counts what is dated a few hours ahead', { last: 1 }, ['2026-11-25T20', '2026-11-25T03'], ['2026-11-25T20']],
    [
      'keeps the newest of a day in each of two years with one date apart',
      { daily: 2 },
      ['2026-11-25', '2025-11-25', '2024-11-25'],
      ['2026-11-25', '2025-11-25'],
    ],
  ]
  for (const [what, policy, backups, keeps] of table) {
    it(what, () => assert.deepEqual(kept(policy, backups).toSorted(), [...keeps].toSorted()))
  }

  it('loses nothing good when it is applied again and again, as days go by', () => {
    const policy = { last: 2, daily: 3, weekly: 2, monthly: 2, yearly: 2 }
    let there: string[] = []
    for (let day = 0; day < 800; day++) {
      const today = new Date(Date.UTC(2024, 0, 1) + day * DAY)
      const good = day % 5 !== 0
      there = kept(policy, [...there, `${good ? '' : '!'}${today.toISOString().slice(0, 10)}`], today)
      const newestGood = new Date(Date.UTC(2024, 0, 1) + (good ? day : day - 1) * DAY).toISOString().slice(0, 10)
      if (day > 0) assert.ok(there.includes(newestGood), `${newestGood} is gone on ${today.toISOString()}`)
    }
    assert.ok(
      there.some((name) => name.startsWith('2025-')),
      there.join(),
    )
    assert.ok(there.length <= 11, there.join())
  })
})

describe('a week', () => {
  it('begins on Monday, and may span two years', () => {
    const week = (text: string): string => periodOf(new Date(`${text}T00:00:00Z`), 'weekly')
    assert.equal(week('2026-12-28'), week('2027-01-03'))
    assert.notEqual(week('2027-01-03'), week('2027-01-04'))
    assert.notEqual(week('2026-12-27'), week('2026-12-28'))
  })
})
