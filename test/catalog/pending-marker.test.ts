import assert from 'node:assert/strict'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Storage } from '../../src/contract/storage.ts'
import { startMarker } from '../../src/catalog/pending-marker.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { localStorage } from '../../src/storage/local.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put } from '../support/objects.ts'

describe('the marker of a backup in the making', () => {
  it('is there until it is removed', async () => {
    const storage = memoryStorage()
    const marker = await startMarker(storage, 'a/b', onlooker)
    assert.deepEqual(await keysIn(storage), ['a/b.pending-1'])
    await marker.remove(onlooker)
    await marker.remove(onlooker)
    assert.deepEqual(await keysIn(storage), [])
  })

  it('of another run that may live is not touched, and nothing is left beside it', async () => {
    const storage = memoryStorage()
    await put(storage, 'a/b.pending-1', 'theirs')
    await assert.rejects(startMarker(storage, 'a/b', onlooker), { code: 'LOCKED' })
    assert.deepEqual(await keysIn(storage), ['a/b.pending-1'])
  })

  it('of a run that has gone on to higher numbers is not passed over', async () => {
    const storage = memoryStorage()
    await put(storage, 'a/b.pending-7', 'theirs')
    await assert.rejects(startMarker(storage, 'a/b', onlooker), { code: 'LOCKED' })
    assert.deepEqual(await keysIn(storage), ['a/b.pending-7'])
  })

  it('does not stay when it cannot be told whether another run is there, so that it can be tried again', async () => {
    const memory = memoryStorage()
    let fails = true
    const storage: Storage = {
      ...memory,
      async *list(prefix, host) {
        if (fails) throw new DbvaultError('STORAGE_UNREACHABLE', 'gone', { retryable: true })
        yield* memory.list(prefix, host)
      },
    }
    await assert.rejects(startMarker(storage, 'a/b', onlooker), { code: 'STORAGE_UNREACHABLE' })
    assert.deepEqual(await keysIn(memory), [])
    fails = false
    await (await startMarker(storage, 'a/b', onlooker)).remove(onlooker)
  })

  it('goes on to beat when a number is taken, and when the answer to a beat was lost', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    try {
      const memory = memoryStorage()
      let lose = true
      const storage: Storage = {
        ...memory,
        async put(key, body, host) {
          const made = await memory.put(key, body, host)
          if (!key.endsWith('-2') || !lose) return made
          lose = false
          throw new DbvaultError('STORAGE_UNREACHABLE', 'lost')
        },
      }
      const marker = await startMarker(storage, 'a/b', onlooker)
      const tick = async (): Promise<readonly string[]> => {
        mock.timers.tick(60_000)
        for (let turn = 0; turn < 50; turn++) await setImmediate()
        return keysIn(storage)
      }
      assert.deepEqual(await tick(), ['a/b.pending-1', 'a/b.pending-2'])
      assert.deepEqual(await tick(), ['a/b.pending-3'])
      await put(storage, 'a/b.pending-4', 'theirs')
      assert.deepEqual(await tick(), ['a/b.pending-4', 'a/b.pending-5'])
      await marker.remove(onlooker)
      assert.deepEqual(await keysIn(storage), ['a/b.pending-4'])
    } finally {
      mock.timers.reset()
    }
  })

  it('of a run that was killed long ago is taken over, and that of another artifact is not', async () => {
    await using directory = await onlooker.tempDir()
    const storage = localStorage(directory.path)
    const keys = ['b.pending-1', 'b.pending-7', 'b.db.pending-1']
    for (const key of keys) {
      await put(storage, key, '{"format":"dbvault-pending-1"}')
      await utimes(join(directory.path, key), 0, 0)
    }
    const marker = await startMarker(storage, 'b', onlooker)
    assert.deepEqual(await keysIn(storage), ['b.db.pending-1', 'b.pending-8'])
    await marker.remove(onlooker)
    assert.deepEqual(await keysIn(storage), ['b.db.pending-1'])
  })

  it('takes nothing away that only has the name of one', async () => {
    await using directory = await onlooker.tempDir()
    const storage = localStorage(directory.path)
    await put(storage, 'b.pending-1', 'a letter')
    await utimes(join(directory.path, 'b.pending-1'), 0, 0)
    const marker = await startMarker(storage, 'b', onlooker)
    assert.deepEqual(await keysIn(storage), ['b.pending-1', 'b.pending-2'])
    await marker.remove(onlooker)
    assert.deepEqual(await keysIn(storage), ['b.pending-1'])
  })
})
