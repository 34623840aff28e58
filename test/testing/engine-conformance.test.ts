import assert from 'node:assert/strict'
import type { Engine, Fingerprint } from '../../src/contract/engine.ts'
import { type EngineHarness, engineConformance } from '../../src/testing/index.ts'
import { dumpOf, member, textEngine } from '../support/text-engine.ts'

const CONTENT = 'a line of text\n'.repeat(80_000)

/** As much of a harness as the cases about dumps need. */
function harnessOf(faults: Partial<Engine>): EngineHarness {
  const databases = new Map([['text', CONTENT]])
  const missing = (): never => assert.fail('not asked for here')
  return {
    engine: textEngine(databases, faults),
    async source() {
      return {
        source: { database: 'text', flags: {} },
        marker: 'line',
        content: async () => databases.get('text') ?? '',
        change: missing,
        startWriter: missing,
        async [Symbol.asyncDispose]() {},
      }
    },
    emptyTarget: missing,
    occupiedTarget: missing,
    absentSource: async () => ({ database: 'none', flags: {} }),
    unreachableSource: 'it has no server',
    deniedSource: 'it has no password',
  }
}

async function ask(question: string, faults: Partial<Engine> = {}): Promise<void> {
  const found = engineConformance(harnessOf(faults)).filter(({ name }) => name === question)
  assert.equal(found.length, 1)
  await found[0]?.run()
}

describe('the engine suite', function () {
  this.timeout(90_000)
  const question = 'a fingerprint settles when its dump fails, is ended or is aborted'

  /** A fingerprint that is known when the dump has been read, as most are. */
  function withPending(end: (giveUp: () => void) => void): Partial<Engine> {
    return {
      dump({ source }, host) {
        const known = Promise.withResolvers<Fingerprint>()
        const none = source.database === 'none'
        const parts = none ? [host.error('SOURCE_NOT_FOUND', 'none')] : [CONTENT.slice(0, 1000), CONTENT.slice(1000)]
        const dump = dumpOf([member('main', parts)], () => known.promise)
        return {
          ...dump,
          [Symbol.asyncDispose]: async () =>
            end(() => known.reject(host.error('DUMP_INCOMPLETE', 'not read to its end'))),
        }
      },
    }
  }

  it('accepts an engine whose fingerprint ends with its dump', async () => {
    await ask(question)
    await ask(
      question,
      withPending((giveUp) => giveUp()),
    )
  })

  it('rejects an engine whose fingerprint never settles after a dump that has failed', async () => {
    await assert.rejects(
      ask(
        question,
        withPending(() => {}),
      ),
      /still not settled/,
    )
  })
})
