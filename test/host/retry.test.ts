import assert from 'node:assert/strict'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { contextOf } from '../../src/operations/context.ts'
import { retrying } from '../../src/operations/retry.ts'
import { testHost } from '../../src/testing/index.ts'
import { rejectsWith } from '../../src/testing/engine-exam.ts'

const busy = (retryAfterMs = 0): DbvaultError =>
  new DbvaultError('STORAGE_UNREACHABLE', 'busy', { retryable: true, retryAfterMs })

describe('a request of a plugin', () => {
  it('waits as long as the server asks', async () => {
    await using host = testHost()
    const times: number[] = []
    const request = host.retry('a request', async () => {
      times.push(performance.now())
      if (times.length === 1) throw busy(300)
    })
    await request
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 299, 'not before 300 ms')
    const [event] = host.events
    assert.ok(event?.kind === 'retry')
    assert.deepEqual([event.what, event.attempt, event.attempts, event.waitMs], ['a request', 1, 3, 300])
  })

  it('ends by an abort while it waits for that', async () => {
    await using host = testHost()
    const request = host.retry('a request', async () => {
      setImmediate(() => host.abort())
      throw busy(200_000)
    })
    await rejectsWith(request, 'INTERRUPTED')
  })

  it('has the number of attempts that the user has said, also as a part of a step', async () => {
    const retry = { attempts: 2, minWaitMs: 1, maxWaitMs: 1 }
    await using host = testHost({ retry })
    let calls = 0
    const step = retrying('a step', 'shop', contextOf({ retry }), () =>
      host.retry('a request', () => {
        calls++
        return Promise.reject(busy())
      }),
    )
    await rejectsWith(step, 'STORAGE_UNREACHABLE')
    assert.equal(calls, 2)
  })

  it('shows no secret of the run when it is told of', async () => {
    const { secret } = await import('../../src/testing/index.ts')
    await using host = testHost({ redact: [secret('hunter22')] })
    let calls = 0
    await host.retry('a request', async () => {
      if (calls++ === 0) throw new DbvaultError('STORAGE_FAILED', 'said hunter22', { retryable: true })
    })
    assert.ok(!JSON.stringify(host.events).includes('hunter22'))
  })
})
