import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Db } from 'mongodb'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { placeOf } from '../src/server/place.ts'
import { Server } from '../src/server/server.ts'
import { SwapJournal } from '../src/target/swap-journal.ts'
import { storedArchive } from './support/archives.ts'
import { contentOf } from './support/content.ts'
import { database, dump, rejected, type Dumped } from './support/exam.ts'
import { startGate } from '../../../test/support/gate.ts'
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
    it(`that ended at its step ${nth} and has no journal is neither replaced nor backed up, and nothing is lost of what it had moved`, async () => {
      const { target } = await cutAt(nth, false)
      await using _ = target
      for (const { name } of await target.db.listCollections({ name: /^dbvault_journal_/ }).toArray())
        await target.db.dropCollection(name)
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

  /** Restores in a process of its own, which is killed at the nth request from the first to the last one that names the journal. */
  async function killedAt(nth: number, { bytes, fingerprint }: Archive, target: Target): Promise<boolean> {
    await using host = testHost()
    await using folder = await host.tempDir()
    const file = join(folder.path, 'archive')
    await writeFile(file, bytes)
    let count = 0
    let isOver = false
    const isNth = (request: Buffer): boolean => {
      const ofJournal = request.includes('dbvault_journal_')
      if (isOver || !(ofJournal || (count > 0 && (request.includes('renameCollection') || request.includes('drop')))))
        return false
      isOver = ofJournal && request.includes('drop')
      if (++count === nth) child.kill('SIGKILL')
      return count === nth
    }
    const { user, password, port } = target.mongo
    await using gate = await startGate(port, isNth, true)
    const script = fileURLToPath(new URL('./support/restore-holder.ts', import.meta.url))
    const child = fork(script, [file, JSON.stringify(fingerprint), target.name, String(gate.port)], {
      env: { ...process.env, CANARY: JSON.stringify({ user, password }) },
      stdio: 'ignore',
    })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    if (signal !== 'SIGKILL') return false
    await gate.broken
    return true
  }

  type Archive = Pick<Dumped, 'bytes' | 'fingerprint'>
  const cut = ({ bytes, fingerprint }: Archive): Archive => ({ bytes: bytes.subarray(0, -20), fingerprint })

  /** A restore that comes to nothing: its archive is cut. */
  async function restoreInVain(archive: Archive, target: Target): Promise<void> {
    const { bytes, fingerprint: expected } = cut(archive)
    const to = { ...at(target.mongo, target.name), replace: true }
    await rejected(engine.restore({ stored: storedArchive(bytes), target: to, expected }, testHost()), 'RESTORE_FAILED')
  }

  type Target = Awaited<ReturnType<typeof database>>

  async function contents(): Promise<{ old: string; new: string }> {
    await using old = await database(fillOld)
    await using made = await database(fillNew)
    return { old: await contentOf(old.db), new: await contentOf(made.db) }
  }

  it('and is killed at any of its requests has left the old or the new one whole, once the next restore has looked at it', async function () {
    this.timeout(180_000)
    const content = await contents()
    const found: string[] = []
    await using source = await database(fillNew)
    const archive = await dump(at(source.mongo, source.name))
    for (let nth = 1; ; nth++) {
      await using target = await database(fillOld)
      if (!(await killedAt(nth, archive, target))) break
      await restoreInVain(archive, target)
      const left = await contentOf(target.db)
      found.push(left === content.old ? 'old' : left === content.new ? 'new' : left)
    }
    // The journal and its steps, four steps, the end of them; two that go, and the journal.
    assert.deepEqual(found, [...Array<string>(6).fill('old'), ...Array<string>(4).fill('new')])
  })

  it('can be put back by a run that is killed at any of its requests as well', async function () {
    this.timeout(180_000)
    const content = await contents()
    await using source = await database(fillNew)
    const archive = await dump(at(source.mongo, source.name))
    let kills = 0
    for (let nth = 1; ; nth++) {
      await using target = await database(fillOld)
      assert.equal(await killedAt(5, archive, target), true)
      if (!(await killedAt(nth, cut(archive), target))) break
      kills++
      await restoreInVain(archive, target)
      assert.equal(await contentOf(target.db), content.old, `killed at its request ${nth}`)
    }
    assert.ok(kills >= 4, `${kills} kills`)
  })

  for (const [what, isFirst, most] of [
    ['the last of its steps', (request: Buffer) => request.includes('renameCollection'), 4],
    ['its journal', (request: Buffer) => request.includes('insert') && request.includes('dbvault_journal_'), 2],
  ] as const) {
    it(`can be put back when it was cut off at ${what}, and then anywhere on its way back`, async function () {
      this.timeout(180_000)
      const content = await contents()
      await using source = await database(fillNew)
      const archive = await dump(at(source.mongo, source.name))
      let cuts = 0
      for (let nth = 1; ; nth++) {
        await using target = await database(fillOld)
        let before = 0
        let after = 0
        const isNth = (request: Buffer): boolean => {
          if (before < most) return isFirst(request) && ++before === most
          return /listCollections|renameCollection|drop|update/.test(request.toString('latin1')) && ++after === nth
        }
        await using gate = await startGate(target.mongo.port, isNth, true)
        const to = { ...at(target.mongo, target.name), port: gate.port, replace: true }
        const { stored, fingerprint: expected } = archive
        await rejected(
          engine.restore({ stored, target: to, expected }, testHost()),
          'RESTORE_FAILED',
          'SOURCE_UNREACHABLE',
        )
        await restoreInVain(archive, target)
        // What was made and could not be removed is litter.
        for (const { name } of await target.db.listCollections({ name: /^dbvault_new_/ }).toArray())
          await target.db.dropCollection(name)
        assert.equal(await contentOf(target.db), content.old, `cut off at request ${nth} of its way back`)
        if (after < nth) break
        cuts++
      }
      assert.ok(cuts >= 5, `${cuts} cuts`)
    })
  }

  it('is not put back while it lives', async () => {
    await using source = await database(fillNew)
    await using target = await database(fillOld)
    const { stored, fingerprint } = await dump(at(source.mongo, source.name))
    const to = { ...at(target.mongo, target.name), replace: true }
    const again = () => engine.restore({ stored, target: to, expected: fingerprint }, testHost())
    const { mongo, name } = target
    await using host = testHost()
    await using server = await Server.open(placeOf(at(mongo, name), host), host)
    const journal = new SwapJournal(server, name, 'dbvault_journal_01234567', host)
    await journal.begin([{ kind: 'move', from: 'old', to: 'dbvault_old_01234567_0' }])
    assert.match(await rejected(again(), 'RESTORE_FAILED'), /Another restore is just putting collections/)
    journal.leave()
    await again()
    assert.equal(await contentOf(target.db), await contentOf(source.db))
  })

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
