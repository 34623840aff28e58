import assert from 'node:assert/strict'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { contextOf, type OperationEvent } from '../../src/operations/context.ts'
import { DEFAULT_RETRY } from '../../src/host/retry.ts'
import { retrying } from '../../src/operations/retry.ts'

const passing = new DbvaultError('STORAGE_UNREACHABLE', 'the line is busy', { retryable: true })
const retry = { attempts: 4, minWaitMs: 4, maxWaitMs: 10 }

describe('a step that is tried again', () => {
  it('is given its attempts, waits twice as long each time up to the longest, and tells each', async () => {
    const events: OperationEvent[] = []
    const attempts: number[] = []
    const context = contextOf({ retry, report: (event) => events.push(event) })
    const step = retrying('the listing', 'shop', context, (attempt) => {
      attempts.push(attempt)
      return Promise.reject(passing)
    })
    await assert.rejects(step, passing)
    assert.deepEqual(attempts, [1, 2, 3, 4])
    const waits = events.map((event) => (event.kind === 'retry' ? event.waitMs : Number.NaN))
    assert.equal(waits.length, 3)
    for (const [index, wait] of waits.entries()) {
      assert.ok(wait >= Math.min(4 * 2 ** index, 10) && wait <= 10, `wait ${index + 1}: ${wait} ms`)
    }
    const [first] = events
    assert.ok(first?.kind === 'retry')
    assert.deepEqual(
      [first.subject, first.step, first.attempt, first.attempts, first.reason],
      ['shop', 'the listing', 1, 4, 'the line is busy'],
    )
  })

  it('ends with the first success', async () => {
    let calls = 0
    const step = retrying('a step', 'shop', contextOf({ retry }), async () => {
      calls += 1
      if (calls < 3) throw passing
      return calls
    })
    assert.equal(await step, 3)
  })

  for (const [what, error] of [
    ['a permanent error', new DbvaultError('STORAGE_DENIED', 'no')],
    ['a bug', new TypeError('x is undefined')],
  ] as const) {
    it(`fails at once for ${what}`, async () => {
      let calls = 0
      const step = retrying('a step', 'shop', contextOf({ retry, report: () => assert.fail() }), () => {
        calls += 1
        return Promise.reject(error)
      })
      await assert.rejects(step, error)
      assert.equal(calls, 1)
    })
  }

  it('ends by an abort while it waits, with the reason', async () => {
    const controller = new AbortController()
    const reason = new DbvaultError('INTERRUPTED', 'interrupted')
    const context = contextOf({
      retry: { attempts: 2, minWaitMs: 600_000, maxWaitMs: 600_000 },
      signal: controller.signal,
      report: () => setImmediate(() => controller.abort(reason)),
    })
    let calls = 0
    const step = retrying('a step', 'shop', context, () => {
      calls += 1
      return Promise.reject(passing)
    })
    await assert.rejects(step, reason)
    assert.equal(calls, 1)
  })

  it('has its value when it was done, although the abort came meanwhile', async () => {
    const controller = new AbortController()
    const step = retrying('a step', 'shop', contextOf({ retry, signal: controller.signal }), async () => {
      controller.abort(new DbvaultError('INTERRUPTED', 'interrupted'))
      return 'done'
    })
    await assert.doesNotReject(step)
    assert.equal(await step, 'done')
  })

  it('is tried three times with waits of 2 to 10 s where nothing else was said', () => {
    assert.deepEqual(DEFAULT_RETRY, { attempts: 3, minWaitMs: 2000, maxWaitMs: 10_000 })
  })
})
