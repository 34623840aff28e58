import assert from 'node:assert/strict'
import { startMarker } from '../../src/catalog/pending-marker.ts'
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

  it('of another run is not overwritten', async () => {
    const storage = memoryStorage()
    await put(storage, 'a/b.pending-1', 'theirs')
    await assert.rejects(startMarker(storage, 'a/b', onlooker), { code: 'OBJECT_EXISTS' })
  })
})
