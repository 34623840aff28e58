import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { differences } from '../src/fingerprint/differences.ts'
import type { PostgresFingerprint, SequenceEntry } from '../src/fingerprint/fingerprint.ts'
import { readSequences, sequenceEntries } from '../src/fingerprint/read-sequences.ts'
import { placeOf } from '../src/server/place.ts'
import { Session } from '../src/server/session.ts'
import { needs } from '../../../test/support/tools.ts'
import { database } from './support/exam.ts'
import { at } from './support/harness.ts'

const holding = (sequences: readonly SequenceEntry[]): PostgresFingerprint => ({
  scheme: 'postgres-rows-1',
  encoding: 'UTF8',
  tables: [],
  sequences,
  largeObjects: [0, '0'],
  objects: {},
})

describe('a sequence that cycles', () => {
  needs('postgres', 'linux')

  const standsAt = (found: string): string[] => [
    `sequence "public.ring" stands at after ${found}, not between after 4 and after 4`,
  ]

  for (const { fact, untilMeanwhile, untilAfter, found } of [
    {
      fact: 'and went round to where it was can have any position in a dump',
      untilMeanwhile: 3,
      untilAfter: 7,
      found: [],
    },
    { fact: 'and was not used has to stand where it stood', untilMeanwhile: 0, untilAfter: 0, found: standsAt('7') },
  ]) {
    it(fact, async () => {
      await using db = await database('CREATE SEQUENCE ring MAXVALUE 10 CYCLE')
      const use = (times: number): string =>
        db.pg.psql(db.name, `SELECT nextval('ring') FROM generate_series(1, ${times})`)
      use(4)
      const { server, database: name } = await placeOf(at(db.pg, db.name), testHost())
      await using session = await Session.open(server, name, testHost())
      await session.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const before = await readSequences(session)
      use(untilMeanwhile)
      const meanwhile = await readSequences(session, 'cycling')
      use(untilAfter)
      const entries = sequenceEntries(before, meanwhile, await readSequences(session))
      const dumped: SequenceEntry = ['public', 'ring', '1', true, ['7', true], ['7', true]]
      assert.deepEqual(differences(holding(entries), holding([dumped])), found)
    })
  }
})
