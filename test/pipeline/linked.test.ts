import assert from 'node:assert/strict'
import { once } from 'node:events'
import { linked, settleAll } from '../../src/pipeline/linked.ts'

const never = new AbortController().signal
const first = new Error('first')
const second = new Error('second')

/** Ends only by its signal, as a stage does that waits for a tool which says nothing. */
async function silent(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort')
  throw second
}

describe('linked work', () => {
  it('ends with what it returns', async () => assert.equal(await linked(never, async () => 5), 5))

  it('ends by the first failure, also of a part that waits in silence', async () => {
    const work = linked(never, (signal, fail) => settleAll([silent(signal), Promise.reject(first)], fail))
    await assert.rejects(work, first)
  })

  it('ends by an abort from outside, with its reason', async () => {
    const outer = new AbortController()
    const work = linked(outer.signal, (signal, fail) => settleAll([silent(signal)], fail))
    outer.abort(first)
    await assert.rejects(work, first)
  })

  it('is not begun when the abort came before', async () => {
    await assert.rejects(
      linked(AbortSignal.abort(first), () => assert.fail('begun')),
      first,
    )
  })

  it('does not abort what is outside', async () => {
    const outer = new AbortController()
    await assert.rejects(
      linked(outer.signal, () => Promise.reject(first)),
      first,
    )
    assert.equal(outer.signal.aborted, false)
  })
})

describe('parts that are settled together', () => {
  it('give their values in order', async () => {
    assert.deepEqual(await settleAll([Promise.resolve(1), Promise.resolve('b')], () => assert.fail()), [1, 'b'])
  })

  it('are all waited for, and the failure is told before the last one ends', async () => {
    const told = Promise.withResolvers<unknown>()
    const gate = Promise.withResolvers<void>()
    let ended = false
    const slow = gate.promise.then(() => (ended = true))
    const all = settleAll([Promise.reject(first), slow], told.resolve)
    assert.equal(await told.promise, first)
    assert.equal(ended, false)
    gate.resolve()
    await assert.rejects(all, first)
    assert.equal(ended, true)
  })
})
