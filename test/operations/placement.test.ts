import assert from 'node:assert/strict'
import type { Storage } from '../../src/contract/storage.ts'
import { DbvaultError } from '../../src/errors/dbvault-error.ts'
import { contextOf } from '../../src/operations/context.ts'
import { Placement } from '../../src/operations/placement.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put } from '../support/objects.ts'

const MANIFEST = '{"format":"dbvault-manifest-1"}'
const QUICK = { attempts: 1, minWaitMs: 1, maxWaitMs: 1 }

describe('a placement', () => {
  let storage: Storage
  let warnings: string[]
  beforeEach(() => {
    storage = memoryStorage()
    warnings = []
  })

  /** With an artifact of this run at its place. */
  async function begun(at: Storage = storage): Promise<Placement> {
    const placement = new Placement(at, contextOf({ retry: QUICK }), 'shop', (message) => void warnings.push(message))
    await placement.begin('a', onlooker)
    await put(storage, 'a', 'x')
    placement.add('a', 1)
    return placement
  }
  const unreachable = (): never => {
    throw new DbvaultError('STORAGE_UNREACHABLE', 'gone')
  }

  it('that was committed is nobody’s to take back', async () => {
    const placement = await begun()
    await placement.commit('{}')
    await placement.discard()
    assert.deepEqual(await keysIn(storage), ['a', 'a.json'])
  })

  it('leaves an artifact that another run has made a backup of meanwhile', async () => {
    const placement = await begun()
    await put(storage, 'a.json', MANIFEST)
    await placement.discard()
    assert.deepEqual(await keysIn(storage), ['a', 'a.json'])
    assert.match(warnings.join(), /there is a manifest beside it/)
  })

  it('takes its artifact back from beside a file of that name which is no manifest', async () => {
    const placement = await begun()
    await put(storage, 'a.json', '{"mine":true}')
    await placement.discard()
    assert.deepEqual([await keysIn(storage), warnings], [['a.json'], []])
  })

  it('leaves its artifact, and says so, when it cannot be told whether its manifest was written', async () => {
    let down = false
    const failing: Storage = {
      ...storage,
      get: async (...args) => (down ? unreachable() : storage.get(...args)),
      async put(key, body, host) {
        const made = await storage.put(key, body, host)
        if (key.endsWith('.json')) down = true
        return down ? unreachable() : made
      },
    }
    const placement = await begun(failing)
    await assert.rejects(placement.commit(MANIFEST), { code: 'STORAGE_UNREACHABLE' })
    await placement.discard()
    assert.deepEqual(await keysIn(storage), ['a', 'a.json'])
    assert.match(warnings.join(), /whether its manifest was written cannot be told/)
  })

  it('says what of it cannot be taken back', async () => {
    const refusing: Storage = {
      ...storage,
      delete: async (key, host) => (key === 'a' ? unreachable() : storage.delete(key, host)),
    }
    const placement = await begun(refusing)
    await placement.discard()
    assert.deepEqual(await keysIn(storage), ['a'])
    assert.match(warnings.join(), /could not be removed/)
  })
})
