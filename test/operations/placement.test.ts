import assert from 'node:assert/strict'
import { contextOf } from '../../src/operations/context.ts'
import { Placement } from '../../src/operations/placement.ts'
import { memoryStorage } from '../../src/testing/index.ts'
import { keysIn, onlooker, put } from '../support/objects.ts'

describe('a placement', () => {
  it('that was committed is nobody’s to take back', async () => {
    const storage = memoryStorage()
    const placement = new Placement(storage, contextOf({}), 'shop')
    await placement.begin('a', onlooker)
    await put(storage, 'a', 'x')
    placement.add('a', 1)
    await placement.commit('{}')
    await placement.discard()
    assert.deepEqual(await keysIn(storage), ['a', 'a.json'])
  })
})
