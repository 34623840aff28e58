import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import type { Dump, Source } from '../contract/engine.ts'
import type { FlagSpecs } from '../contract/flags.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { codeOf, EngineExam, engineCase, rejectsWith } from './engine-exam.ts'
import type { EngineHarness } from './engine-harness.ts'
import { stored, type HeldDump } from './held-dump.ts'
import { soon } from './soon.ts'
import { testHost } from './test-host.ts'

const SMALLEST_DUMP = 1024 * 1024
const ROUNDS_UNDER_WRITER = 3

export function engineDumpCases<S extends FlagSpecs>(harness: EngineHarness<S>): ConformanceCase[] {
  const { descriptor } = harness.engine
  return [
    engineCase(harness, 'probe tells what the source is and leaves it as it was', async (exam) => {
      await using fixture = await harness.source()
      const before = await fixture.content()
      const probe = await exam.probe(fixture.source)
      assert.notEqual(probe.label, '')
      assert.match(probe.version, /\d/)
      assert.deepEqual(
        probe.findings.filter(({ severity }) => severity === 'incomplete'),
        [],
      )
      assert.equal(await fixture.content(), before)
    }),
    engineCase(
      harness,
      'a dump has named members in declared formats and leaves the source as it was',
      async (exam) => {
        await using fixture = await harness.source()
        const before = await fixture.content()
        const { members, fingerprint } = await exam.dump(fixture.source)
        assert.equal(members[0]?.name, 'main')
        assert.equal(new Set(members.map(({ name }) => name)).size, members.length)
        for (const { name, format, bytes } of members) {
          assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
          const declared = descriptor.formats.find(({ id }) => id === format.id)
          assert.equal(declared?.extension, format.extension, `format ${format.id} is declared`)
          const magic = declared?.magic ?? ''
          assert.equal(bytes.subarray(0, magic.length / 2).toString('hex'), magic.toLowerCase())
        }
        const size = members.reduce((sum, { bytes }) => sum + bytes.length, 0)
        assert.ok(size >= SMALLEST_DUMP, `the fixture's dump has ${size} bytes, which is too few to test with`)
        assert.deepEqual(JSON.parse(JSON.stringify(fingerprint)), fingerprint, 'a fingerprint is JSON')
        assert.equal(await fixture.content(), before)
      },
    ),
    engineCase(harness, 'a dump can be made without a fingerprint', async (exam) => {
      await using fixture = await harness.source()
      const read = async (dump: Dump): Promise<number> => {
        let size = 0
        for await (const { bytes } of dump.members) size += (await buffer(bytes)).length
        return size
      }
      assert.ok((await exam.withDump(fixture.source, read, false)) >= SMALLEST_DUMP)
    }),
    engineCase(
      harness,
      'a dump that is ended before, in the middle of and between its members leaves nothing',
      async (exam) => {
        await using fixture = await harness.source()
        await exam.withDump(fixture.source, async () => {})
        await exam.withDump(fixture.source, firstChunk)
        await exam.withDump(fixture.source, async (dump) => {
          for await (const { bytes } of dump.members) {
            await buffer(bytes)
            break
          }
        })
      },
    ),
    engineCase(harness, 'a dump that is ended while its fingerprint is being taken leaves nothing', async (exam) => {
      await using fixture = await harness.source()
      await exam.withDump(fixture.source, async (dump) => {
        const members = dump.members[Symbol.asyncIterator]()
        await members.next()
        dump.fingerprint().catch(() => {})
        await members.return?.()
      })
    }),
    engineCase(harness, 'a fingerprint settles when its dump fails, is ended or is aborted', async (exam) => {
      await using fixture = await harness.source()
      await settles(exam, await harness.absentSource(), firstChunk)
      await settles(exam, fixture.source, firstChunk)
      await settles(exam, fixture.source, async (dump) => {
        await firstChunk(dump)
        exam.host.abort()
      })
    }),
    engineCase(
      harness,
      'an abort in the middle of a dump ends it with an error, leaves nothing, and a new dump succeeds',
      async (exam) => {
        await using fixture = await harness.source()
        const aborted = exam.withDump(fixture.source, async (dump) => {
          for await (const { bytes } of dump.members) {
            for await (const chunk of bytes) {
              assert.ok(chunk.length > 0)
              exam.host.abort()
            }
          }
        })
        await rejectsWith(soon(aborted), 'INTERRUPTED')
        await using host = testHost()
        const { members } = await new EngineExam(harness, host).dump(fixture.source)
        assert.ok(members.length > 0)
      },
    ),
    engineCase(harness, 'nothing is started when the signal has aborted before', async (exam) => {
      await using fixture = await harness.source()
      exam.host.abort()
      await rejectsWith(soon(exam.dump(fixture.source)), 'INTERRUPTED')
    }),
    engineCase(harness, 'two databases can be dumped side by side', async (exam) => {
      await using one = await harness.source()
      await using other = await harness.source()
      await other.change()
      const dumps = await exam.watch(() => Promise.all([one, other].map(({ source }) => exam.dumpUnwatched(source))))
      for (const [place, { members, fingerprint }] of dumps.entries()) {
        const proof = await exam.prove(stored(members), one.source, fingerprint)
        assert.equal(proof.outcome, 'equal', `dump ${place}`)
      }
      assert.notDeepEqual(dumps[0]?.fingerprint, dumps[1]?.fingerprint)
    }),
    engineCase(harness, 'a writer that never pauses does not part a dump from its fingerprint', async (exam) => {
      await using fixture = await harness.source()
      const dumps = await exam.watch(async () => {
        const writer = await fixture.startWriter()
        const made: HeldDump[] = []
        try {
          for (let round = 0; round < ROUNDS_UNDER_WRITER; round++) made.push(await exam.dumpUnwatched(fixture.source))
        } finally {
          assert.ok((await writer.stop()) > 0, 'the writer wrote')
        }
        return made
      })
      for (const { members, fingerprint } of dumps) {
        const proof = await exam.prove(stored(members), fixture.source, fingerprint)
        assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
      }
    }),
  ]
}

/** As the core does it: the fingerprint is asked for at once, and the dump may end in an error. */
async function settles<S extends FlagSpecs>(
  exam: EngineExam<S>,
  source: Source<S>,
  read: (dump: Dump) => Promise<void>,
): Promise<void> {
  let fingerprint: Promise<unknown> = Promise.resolve()
  const ended = exam.withDump(source, async (dump) => {
    fingerprint = dump.fingerprint()
    fingerprint.catch(() => {})
    await read(dump)
  })
  await soon(ended.catch(codeOf))
  await soon(Promise.allSettled([fingerprint]))
}

async function firstChunk(dump: Dump): Promise<void> {
  for await (const { bytes } of dump.members) {
    for await (const chunk of bytes) {
      assert.ok(chunk.length > 0)
      return
    }
  }
}
