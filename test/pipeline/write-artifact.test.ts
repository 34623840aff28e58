import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Storage } from '../../src/contract/storage.ts'
import { type WriteOptions, writeArtifact } from '../../src/pipeline/write-artifact.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { stalling } from '../support/faulty-storage.ts'
import { keysIn, onlooker } from '../support/objects.ts'

const CHUNK = randomBytes(1024 * 1024)
const PLAIN = { compression: 'none' } as const

async function* megabytes(count: number, onPassed = (_: number): void => {}): AsyncGenerator<Uint8Array> {
  for (let at = 1; at <= count; at++) {
    yield CHUNK
    onPassed(at)
  }
}

const options = (signal: AbortSignal, patienceMs?: number): WriteOptions => ({
  signal,
  hostWith: (own) => ({ ...onlooker, signal: own }),
  onDumpBytes: () => {},
  ...(patienceMs !== undefined && { patienceMs }),
})

const write = (
  dump: AsyncIterable<Uint8Array>,
  storages: readonly Storage[],
  patienceMs?: number,
): ReturnType<typeof writeArtifact> => {
  const places = storages.map((storage) => ({ storage, key: 'a' }))
  return writeArtifact(dump, PLAIN, places, options(onlooker.signal, patienceMs))
}

describe('an artifact for several places', () => {
  it('is the same everywhere, with one digest', async () => {
    const storages = [memoryStorage('a'), memoryStorage('b'), memoryStorage('c')]
    const { artifact, outcomes } = await write(megabytes(20), storages)
    assert.deepEqual([artifact.bytes, outcomes.length], [20 * CHUNK.length, 3])
    for (const storage of storages) {
      const bytes = await buffer(await storage.get('a', onlooker))
      assert.equal(createHash('sha256').update(bytes).digest('hex'), artifact.sha256)
    }
  })

  it('is read no further ahead of the slowest place than a few megabytes', async () => {
    let passed = 0
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const good = memoryStorage('slow')
    const slow: Storage = {
      ...good,
      put: async (key, body, host) => {
        await Promise.race([gate, once(body, 'error')])
        return good.put(key, body, host)
      },
    }
    const fast = memoryStorage('fast')
    let stopped = (): void => {}
    const halt = new Promise<void>((resolve) => (stopped = resolve))
    let timer: NodeJS.Timeout | undefined
    const writing = write(
      megabytes(64, (at) => {
        passed = at
        // It stands still once no further chunk has been asked for in a while.
        clearTimeout(timer)
        timer = setTimeout(stopped, 200)
      }),
      [fast, slow],
    )
    await halt
    assert.ok(passed < 16, `${passed} MiB were read ahead`)
    go()
    const { outcomes } = await writing
    assert.ok(outcomes.every((outcome) => !('error' in outcome)))
  })

  it('leaves a place behind that takes nothing any more, and is whole in the others', async () => {
    const [good, dead] = [memoryStorage('good'), memoryStorage('dead')]
    const { outcomes } = await write(megabytes(40), [stalling(dead, /^a$/), good], 50)
    const [first, second] = outcomes
    assert.ok(first && 'error' in first)
    assert.match(String(first.error), /memory dead took nothing for 0.05 s while the other places waited/)
    assert.ok(second && !('error' in second))
    assert.deepEqual(await keysIn(dead), [])
  })

  it('has no place left behind where none of them gets on', async () => {
    let stalled = 0
    const stop = new AbortController()
    const onStalled = (): void => {
      if (++stalled === 2) setTimeout(() => stop.abort(new Error('enough')), 300)
    }
    const places = ['a', 'b'].map((name) => ({ storage: stalling(memoryStorage(name), /^a$/, onStalled), key: 'a' }))
    await assert.rejects(writeArtifact(megabytes(40), PLAIN, places, options(stop.signal, 50)), /enough/)
  })

  it('waits as long as it takes for the only place that is left', async () => {
    const [slow, gone] = [memoryStorage('slow'), memoryStorage('gone')]
    const late: Storage = {
      ...slow,
      put: async (key, body, host) => {
        await Promise.race([delay(1000), once(body, 'error')])
        return slow.put(key, body, host)
      },
    }
    const leaving: Storage = {
      ...gone,
      put: async (_key, body) => {
        // It goes when nothing comes any more: then the other one is waited for.
        let idle: NodeJS.Timeout | undefined
        const failure = new Promise<never>((_, reject) => {
          body.on('data', () => {
            clearTimeout(idle)
            idle = setTimeout(() => reject(new Error('gone')), 100)
          })
          body.on('error', () => {})
        })
        return failure.finally(() => body.destroy())
      },
    }
    const { outcomes } = await write(megabytes(40), [late, leaving], 300)
    assert.ok(outcomes[0] && !('error' in outcomes[0]), String((outcomes[0] as { error?: unknown }).error))
    assert.match(String((outcomes[1] as { error?: unknown }).error), /gone/)
  })

  it('closes its source when no place is left', async () => {
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* megabytes(1000)
      } finally {
        closed = true
      }
    }
    const refuses = (name: string): Storage => ({
      ...memoryStorage(name),
      put: (_key, body) => {
        body.on('error', () => {}).destroy()
        return Promise.reject(new Error('no'))
      },
    })
    await assert.rejects(write(source(), [refuses('a'), refuses('b')]), /no/)
    while (!closed) await new Promise((resolve) => setImmediate(resolve))
  })
})
