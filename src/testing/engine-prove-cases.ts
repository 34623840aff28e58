import assert from 'node:assert/strict'
import type { FlagSpecs } from '../contract/flags.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { codeOf, engineCase, rejectsWith } from './engine-exam.ts'
import type { EngineHarness } from './engine-harness.ts'
import { breakingOff, cuts, fallingSilent, flipped, stored, withMain } from './held-dump.ts'
import { soon } from './soon.ts'

const FLIPS = 12

export function engineProveCases<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase[] {
  return [
    engineCase(
      harness,
      'a dump passes check, and prove finds it equal to its fingerprint, more than once',
      async (exam) => {
        await using fixture = await harness.source()
        const { members, fingerprint } = await exam.dump(fixture.source)
        assert.ok(Object.keys((await exam.check(stored(members))).checked).length > 0)
        for (let round = 0; round < 2; round++) {
          const proof = await exam.prove(stored(members), fixture.source, fingerprint)
          assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
          assert.ok(Object.values(proof.compared).some((count) => count > 0))
        }
      },
    ),
    engineCase(harness, 'prove and check leave the source as it was', async (exam) => {
      await using fixture = await harness.source()
      const before = await fixture.content()
      const { members, fingerprint } = await exam.dump(fixture.source)
      await exam.check(stored(members))
      await exam.prove(stored(members), fixture.source, fingerprint)
      assert.equal(await fixture.content(), before)
    }),
    engineCase(harness, 'prove says restorable when there is no fingerprint', async (exam) => {
      await using fixture = await harness.source()
      const { members } = await exam.dump(fixture.source)
      assert.equal((await exam.prove(stored(members), fixture.source)).outcome, 'restorable')
    }),
    engineCase(harness, 'prove finds a difference in one value', async (exam) => {
      await using fixture = await harness.source()
      const first = await exam.dump(fixture.source)
      await fixture.change()
      const second = await exam.dump(fixture.source)
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const) {
        const proof = await exam.prove(stored(one.members), fixture.source, other.fingerprint)
        assert.equal(proof.outcome, 'different')
        assert.ok(proof.differences?.length, 'the differences are named')
        assert.ok(!proof.differences.join().includes(fixture.marker), 'no row data')
      }
    }),
    engineCase(harness, 'prove throws PROOF_UNFINISHED for a fingerprint that it does not know', async (exam) => {
      await using fixture = await harness.source()
      const { members } = await exam.dump(fixture.source)
      await rejectsWith(exam.prove(stored(members), fixture.source, { scheme: 'another-0' }), 'PROOF_UNFINISHED')
    }),
    engineCase(harness, 'prove and check reject a dump that is cut, wherever it is cut', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      for (const length of cuts(members[0]?.bytes.length ?? 0)) {
        const cut = stored(withMain(members, (bytes) => bytes.subarray(0, length)))
        await exam.assertNotProven(exam.prove(cut, fixture.source, fingerprint), `cut to ${length} bytes`)
        await rejectsWith(exam.check(cut), 'PROOF_FAILED')
      }
    }),
    engineCase(harness, 'prove rejects a dump in which one bit of a value is the other one', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      const place = members[0]?.bytes.indexOf(fixture.marker) ?? -1
      assert.ok(place >= 0, 'the marker stands in the dump as it is')
      const changed = stored(withMain(members, (bytes) => flipped(bytes, place)))
      await exam.assertNotProven(exam.prove(changed, fixture.source, fingerprint), 'one bit flipped')
    }),
    engineCase(harness, 'prove ends in order whichever bit of a dump is the other one', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      const length = members[0]?.bytes.length ?? 0
      for (let flip = 0; flip < FLIPS; flip++) {
        const changed = stored(withMain(members, (bytes) => flipped(bytes, Math.floor((flip * length) / FLIPS) + flip)))
        const outcome = await exam.prove(changed, fixture.source, fingerprint).then(
          (proof) => proof.outcome,
          (error: unknown) => codeOf(error),
        )
        // A bit that stands for nothing may be anything.
        assert.ok(['equal', 'different', 'PROOF_FAILED'].includes(outcome), `flip ${flip}: ${outcome}`)
      }
    }),
    engineCase(harness, 'prove and check reject bytes that are no dump', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      for (const bytes of [Buffer.alloc(200_000), Buffer.from('<html>not found</html>\n')]) {
        const foreign = stored(withMain(members, () => bytes))
        await exam.assertNotProven(exam.prove(foreign, fixture.source, fingerprint), 'foreign bytes')
        await rejectsWith(exam.check(foreign), 'PROOF_FAILED')
      }
    }),
    engineCase(harness, 'prove and check throw what reading throws, up to the last byte', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      const planted = exam.host.error('ARTIFACT_CORRUPT', 'The digest does not match')
      for (const part of [0.5, 1]) {
        const broken = stored(members, breakingOff(planted, part))
        await rejectsWith(soon(exam.prove(broken, fixture.source, fingerprint)), 'ARTIFACT_CORRUPT')
        await rejectsWith(soon(exam.check(broken)), 'ARTIFACT_CORRUPT')
      }
    }),
    engineCase(harness, 'an abort ends a proof whose input is silent', async (exam) => {
      await using fixture = await harness.source()
      const { members, fingerprint } = await exam.dump(fixture.source)
      const silent = stored(
        members,
        fallingSilent(() => exam.host.abort()),
      )
      await rejectsWith(soon(exam.prove(silent, fixture.source, fingerprint)), 'INTERRUPTED')
    }),
    engineCase(harness, 'an abort ends a check whose input is silent', async (exam) => {
      await using fixture = await harness.source()
      const { members } = await exam.dump(fixture.source)
      await rejectsWith(
        soon(
          exam.check(
            stored(
              members,
              fallingSilent(() => exam.host.abort()),
            ),
          ),
        ),
        'INTERRUPTED',
      )
    }),
  ]
}
