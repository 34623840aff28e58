import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import type { Db } from 'mongodb'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { contentOf } from './support/content.ts'
import { database, dump, rejected } from './support/exam.ts'
import { startGate } from './support/gate.ts'
import { at } from './support/harness.ts'

async function fillOld(db: Db): Promise<void> {
  for (const name of ['both', 'old']) await db.collection(name).insertOne({ _id: 1 as never, name })
}

async function fillNew(db: Db): Promise<void> {
  for (const name of ['both', 'new']) await db.collection(name).insertOne({ _id: 2 as never, name })
}

describe('a restore that replaces the collections of a database', () => {
  needs('mongo', 'linux')

  async function cutAt(nth: number, accept: boolean) {
    const source = await database(fillNew)
    const target = await database(fillOld)
    const { stored, fingerprint } = await dump(at(source.mongo, source.name))
    let count = 0
    const isNth = (request: Buffer): boolean => request.includes('renameCollection') && ++count === nth
    await using gate = await startGate(target.mongo.port, isNth, accept)
    const to = { ...at(target.mongo, target.name), port: gate.port, replace: true }
    const said = await rejected(
      engine.restore({ stored, target: to, expected: fingerprint }, testHost()),
      'SOURCE_UNREACHABLE',
      'RESTORE_FAILED',
    )
    assert.equal(count >= nth, true)
    return { said, target }
  }

  it('makes the database what it was when the answer to any of its steps is lost', async () => {
    for (const nth of [1, 2, 3, 4]) {
      const { target } = await cutAt(nth, true)
      await using old = await database(fillOld)
      assert.equal(await contentOf(target.db), await contentOf(old.db), `step ${nth}`)
      await target[Symbol.asyncDispose]()
    }
  })

  it('says which collection is where when the server cannot be reached to put it back', async () => {
    const { said, target } = await cutAt(2, false)
    await using _ = target
    const [moved] = (await target.db.listCollections().toArray())
      .map(({ name }) => name)
      .filter((name) => name.startsWith('dbvault_old_'))
    assert.ok(moved)
    const [document] = await target.db.collection(moved).find().toArray()
    assert.ok(said.includes(`"${moved}" is "${document?.['name']}" as it was`), said)
  })

  for (const nth of [1, 2, 3, 4]) {
    it(`that ended at its step ${nth} is neither replaced nor backed up, and nothing is lost of what it had moved`, async () => {
      const { target } = await cutAt(nth, false)
      await using _ = target
      const before = await contentOf(target.db)
      const { findings } = await engine.probe(at(target.mongo, target.name), testHost())
      const [finding] = findings.filter(({ severity }) => severity === 'incomplete')
      assert.match(String(finding?.message), /dbvault_old_/)
      await using source = await database(fillNew)
      const { stored, fingerprint } = await dump(at(source.mongo, source.name))
      const again = { stored, target: { ...at(target.mongo, target.name), replace: true }, expected: fingerprint }
      const said = await rejected(engine.restore(again, testHost()), 'RESTORE_FAILED')
      assert.match(said, /dbvault_old_/)
      assert.equal(await contentOf(target.db), before)
      // Whoever does as the message says can go on.
      for (const { name } of await target.db.listCollections().toArray()) {
        if (name.startsWith('dbvault_new_')) await target.db.dropCollection(name)
        if (!name.startsWith('dbvault_old_')) continue
        const [document] = await target.db.collection(name).find().toArray()
        await target.db.renameCollection(name, String(document?.['name']), { dropTarget: true })
      }
      await engine.restore(again, testHost())
      assert.equal(await contentOf(target.db), await contentOf(source.db))
    })
  }

  it('takes away what a restore has left that was killed before it moved anything aside', async () => {
    await using source = await database(fillNew)
    await using target = await database(async (db) => {
      await fillOld(db)
      await db.collection('dbvault_new_01234567_0').insertOne({ half: true })
    })
    const { findings } = await engine.probe(at(target.mongo, target.name), testHost())
    const left = findings.filter(({ message }) => message.includes('dbvault_new_01234567_0'))
    assert.deepEqual(
      left.map(({ severity }) => severity),
      ['warning'],
    )
    const { stored, fingerprint } = await dump(at(source.mongo, source.name))
    const to = { ...at(target.mongo, target.name), replace: true }
    await engine.restore({ stored, target: to, expected: fingerprint }, testHost())
    assert.equal(await contentOf(target.db), await contentOf(source.db))
  })

  it('leaves alone what somebody else has made meanwhile under a name that cannot be moved to', async () => {
    // FerretDB moves nothing to a name with a dot.
    await using source = await database((db) => db.collection('a.b').insertOne({ ours: true }))
    await using target = await database(async () => {})
    const { stored, fingerprint } = await dump(at(source.mongo, source.name))
    const meddling = stored.map((one) => ({
      ...one,
      async open() {
        await target.db.collection('a.b').insertOne({ theirs: true })
        return one.open()
      },
    }))
    await rejected(
      engine.restore(
        { stored: meddling, target: { ...at(target.mongo, target.name), replace: false }, expected: fingerprint },
        testHost(),
      ),
      'RESTORE_FAILED',
      'TARGET_NOT_EMPTY',
    )
    assert.equal(await target.db.collection('a.b').countDocuments({ theirs: true }), 1)
  })
})
