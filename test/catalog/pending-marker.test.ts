import assert from 'node:assert/strict'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { startMarker } from '../../src/catalog/pending-marker.ts'
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

  it('of a run that was killed long ago is taken over, and that of another artifact is not', async () => {
    await using directory = await onlooker.tempDir()
    const storage = localStorage(directory.path)
    const keys = ['b.pending-1', 'b.pending-7', 'b.db.pending-1']
    for (const key of keys) {
      await put(storage, key, 'theirs')
      await utimes(join(directory.path, key), 0, 0)
    }
    const marker = await startMarker(storage, 'b', onlooker)
    assert.deepEqual(await keysIn(storage), ['b.db.pending-1', 'b.pending-8'])
    await marker.remove(onlooker)
    assert.deepEqual(await keysIn(storage), ['b.db.pending-1'])
  })
})
