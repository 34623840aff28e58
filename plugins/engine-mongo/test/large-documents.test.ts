import assert from 'node:assert/strict'
import { BSON } from 'mongodb'
import { testHost } from 'dbvault/testing'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { contentOf } from './support/content.ts'
import { database, dump, prove } from './support/exam.ts'
import { at } from './support/harness.ts'

/** What a server takes at most. */
const LARGEST = 16 * 1024 ** 2

function largest(id: number): BSON.Document {
  const empty = BSON.calculateObjectSize({ _id: id, text: '' })
  return { _id: id, text: String.fromCharCode(65 + id).repeat(LARGEST - empty) }
}

describe('documents of 16 MB', () => {
  needs('mongo', 'linux')

  it('come back byte for byte, several in a row and among small ones', async () => {
    assert.equal(BSON.calculateObjectSize(largest(1)), LARGEST)
    await using source = await database(async (db) => {
      for (let id = 0; id < 5; id++) {
        await db.collection('large').insertOne(id === 2 ? { _id: id, text: 'small' } : largest(id))
      }
    })
    await using target = await database(async () => {})
    const dumped = await dump(at(source.mongo, source.name))
    assert.equal((await prove(dumped, at(source.mongo, source.name))).outcome, 'equal')
    const { stored, fingerprint: expected } = dumped
    const to = { ...at(target.mongo, target.name), replace: false }
    assert.equal((await engine.restore({ stored, target: to, expected }, testHost())).outcome, 'equal')
    assert.equal(await contentOf(target.db), await contentOf(source.db))
  })
})
