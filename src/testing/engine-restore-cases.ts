import assert from 'node:assert/strict'
import type { FlagSpecs } from '../contract/flags.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { codeOf, engineCase, rejectsWith, type EngineExam } from './engine-exam.ts'
import type { EngineHarness, SourceFixture, TargetFixture } from './engine-harness.ts'
import { breakingOff, fallingSilent, stored, withMain, type HeldDump } from './held-dump.ts'
import { soon } from './soon.ts'

export function engineRestoreCases<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase[] {
  /** A restore that has to fail, into an empty target and over an occupied one, and must change neither. */
  function failing(
    name: string,
    restore: (
      exam: EngineExam<S>,
      dump: HeldDump,
      target: TargetFixture<S>,
      source: SourceFixture<S>,
    ) => Promise<unknown>,
  ): ConformanceCase[] {
    return (['empty', 'occupied'] as const).map((kind) =>
      engineCase(harness, `${name} leaves an ${kind} target as it was`, async (exam) => {
        await using fixture = await harness.source()
        await using target = await (kind === 'empty' ? harness.emptyTarget() : harness.occupiedTarget())
        const dump = await exam.dump(fixture.source)
        const before = await target.content()
        const { state } = await exam.inspect(target.target)
        await restore(exam, dump, target, fixture)
        assert.equal(await target.content(), before)
        if (!exam.host.signal.aborted) assert.equal((await exam.inspect(target.target)).state, state)
      }),
    )
  }

  return [
    engineCase(harness, 'a restore into an empty target brings back everything', async (exam) => {
      await using fixture = await harness.source()
      await using empty = await harness.emptyTarget()
      const { members, fingerprint } = await exam.dump(fixture.source)
      const before = await exam.inspect(empty.target)
      assert.ok(before.state === 'absent' || before.state === 'empty', before.state)
      const report = await exam.restore(stored(members), empty.target, { expected: fingerprint })
      assert.equal(report.outcome, 'equal')
      assert.equal(await empty.content(), await fixture.content())
      assert.equal((await exam.inspect(empty.target)).state, 'occupied')
    }),
    engineCase(harness, 'a restored database dumps and proves equal to the first fingerprint', async (exam) => {
      await using fixture = await harness.source()
      await using empty = await harness.emptyTarget()
      const first = await exam.dump(fixture.source)
      assert.equal((await exam.restore(stored(first.members), empty.target)).outcome, 'restorable')
      const second = await exam.dump(empty.target)
      const proof = await exam.prove(stored(second.members), fixture.source, first.fingerprint)
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    }),
    engineCase(harness, 'inspect tells an occupied target and changes nothing', async (exam) => {
      await using occupied = await harness.occupiedTarget()
      const before = await occupied.content()
      const { state, description } = await exam.inspect(occupied.target)
      assert.equal(state, 'occupied')
      assert.notEqual(description, '')
      assert.equal(await occupied.content(), before)
    }),
    engineCase(
      harness,
      'a restore refuses an occupied target with TARGET_NOT_EMPTY and leaves it as it was',
      async (exam) => {
        await using fixture = await harness.source()
        await using occupied = await harness.occupiedTarget()
        const before = await occupied.content()
        const { members, fingerprint } = await exam.dump(fixture.source)
        const refused = exam.restore(stored(members), occupied.target, { expected: fingerprint })
        await rejectsWith(refused, 'TARGET_NOT_EMPTY')
        assert.equal(await occupied.content(), before)
      },
    ),
    engineCase(harness, 'a restore with replace leaves the backup and nothing of what was there', async (exam) => {
      await using fixture = await harness.source()
      await using occupied = await harness.occupiedTarget()
      const { members, fingerprint } = await exam.dump(fixture.source)
      await exam.restore(stored(members), occupied.target, { expected: fingerprint, replace: true })
      assert.equal(await occupied.content(), await fixture.content())
    }),
    ...failing(
      'a restore that finds a difference throws RESTORE_FAILED and',
      async (exam, dump, { target }, source) => {
        await source.change()
        const { fingerprint } = await exam.dump(source.source)
        const differing = exam.restore(stored(dump.members), target, { replace: true, expected: fingerprint })
        await rejectsWith(differing, 'RESTORE_FAILED')
      },
    ),
    ...failing('a restore of half a dump', async (exam, { members, fingerprint }, { target }) => {
      const half = withMain(members, (bytes) => bytes.subarray(0, bytes.length / 2))
      const code = await exam.restore(stored(half), target, { replace: true, expected: fingerprint }).then(
        () => assert.fail('restored half a dump'),
        (error: unknown) => codeOf(error),
      )
      assert.ok(code === 'RESTORE_FAILED' || code === 'PROOF_FAILED', code)
    }),
    ...failing('a restore whose input fails at its last byte', async (exam, { members, fingerprint }, { target }) => {
      const planted = exam.host.error('ARTIFACT_CORRUPT', 'The digest does not match')
      for (const part of [0.5, 1]) {
        const broken = stored(members, breakingOff(planted, part))
        const failed = exam.restore(broken, target, { replace: true, expected: fingerprint })
        await rejectsWith(soon(failed), 'ARTIFACT_CORRUPT')
      }
    }),
    ...failing('an aborted restore', async (exam, { members, fingerprint }, { target }) => {
      const silent = stored(
        members,
        fallingSilent(() => exam.host.abort()),
      )
      const aborted = exam.restore(silent, target, { replace: true, expected: fingerprint })
      await rejectsWith(soon(aborted), 'INTERRUPTED')
    }),
  ]
}
