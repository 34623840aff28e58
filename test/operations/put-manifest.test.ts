import assert from 'node:assert/strict'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { contextOf } from '../../src/operations/context.ts'
import { putManifest } from '../../src/operations/put-manifest.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put, read } from '../support/objects.ts'

const contextWith = (attempts: number) => contextOf({ retry: { attempts, minWaitMs: 1, maxWaitMs: 1 } })

describe('a manifest', () => {
  it('is committed when the answer to its first put got lost, and the second finds it', async () => {
    const storage = memoryStorage()
    await putManifest({ storage: losingOneAnswer(storage), key: 'a.json' }, 'ours', contextWith(2), 'a')
    assert.equal(await read(storage, 'a.json'), 'ours')
  })

  it('does not stay when the answer to its last put got lost', async () => {
    const storage = memoryStorage()
    const place = { storage: losingOneAnswer(storage), key: 'a.json' }
    await assert.rejects(putManifest(place, 'ours', contextWith(1), 'a'), { code: 'STORAGE_UNREACHABLE' })
    assert.deepEqual(await keysIn(storage), [])
  })

  it('of somebody else stays, whatever fails', async () => {
    const storage = memoryStorage()
    await put(storage, 'a.json', 'theirs')
    const place = { storage, key: 'a.json' }
    await assert.rejects(putManifest(place, 'ours', contextWith(1), 'a'), { code: 'OBJECT_EXISTS' })
    const gone = (): Promise<void> => Promise.reject(new DbvaultError('STORAGE_FAILED', 'the artifact is gone'))
    await assert.rejects(putManifest(place, 'ours', contextWith(1), 'a', gone), { code: 'STORAGE_FAILED' })
    const unsure = { ...storage, put: () => Promise.reject(new DbvaultError('STORAGE_UNREACHABLE', 'no answer')) }
    const doubtful = putManifest({ ...place, storage: unsure }, 'ours', contextWith(1), 'a')
    await assert.rejects(doubtful, { code: 'STORAGE_UNREACHABLE' })
    assert.equal(await read(storage, 'a.json'), 'theirs')
  })
})

function losingOneAnswer(storage: Storage): Storage {
  let lost = false
  return {
    ...storage,
    put: async (key, body) => {
      const stat = await storage.put(key, body, onlooker)
      if (lost) return stat
      lost = true
      throw new DbvaultError('STORAGE_UNREACHABLE', 'no answer', { retryable: true })
    },
  }
}
