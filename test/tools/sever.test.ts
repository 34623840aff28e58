import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

describe('the tests’ own network', () => {
  it('lets its process end, however connections were broken', async () => {
    const script = fileURLToPath(new URL('../support/sever-many.ts', import.meta.url))
    const child = fork(script, { timeout: 30_000, killSignal: 'SIGKILL' })
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })
})
