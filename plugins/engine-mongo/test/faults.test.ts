import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { startMongo } from '../../../test/servers/mongo.ts'
import { startTcpProxy } from '../../../test/support/tcp-proxy.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { storedArchive } from './support/archives.ts'
import { contentOf } from './support/content.ts'
import { database, dump, fillLarge, prove, rejected } from './support/exam.ts'
import { startGate } from '../../../test/support/gate.ts'
import { at, databaseName, harness } from './support/harness.ts'

describe('a MongoDB server that fails', () => {
  needs('mongo', 'linux')

  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  /**
   * A network that breaks once, in place of the answer to a request. Not after so many bytes: the driver's own heartbeat may
   * be what reaches that number, between two answers, and then it goes on over another connection and nothing is lost.
   */
  function breaking(port: number, command: string, nth: number): ReturnType<typeof startGate> {
    let count = 0
    return startGate(port, (request) => request.includes(`${command}\0`) && ++count === nth, true)
  }

  it('ends a dump with an error that may be tried again, wherever the connection is cut', async () => {
    await using db = await database(fillLarge)
    for (const [command, nth] of [
      ['hello', 1],
      ['listCollections', 1],
      ['listIndexes', 2],
      ['find', 1],
      ['getMore', 1],
      ['getMore', 5],
    ] as const) {
      await using network = await breaking(db.mongo.port, command, nth)
      const source = { ...at(db.mongo, db.name), port: network.port }
      await assert.rejects(dump(source), (error: Error & { code?: string; retryable?: boolean }) => {
        assert.ok(['SOURCE_UNREACHABLE', 'DUMP_FAILED'].includes(error.code ?? ''), String(error.stack))
        assert.equal(error.retryable, true, `${command} ${nth}`)
        return true
      })
      assert.equal((await prove(await dump(source), at(db.mongo, db.name))).outcome, 'equal')
    }
  })

  it('ends a proof as unfinished, wherever the connection is cut, and the next run removes what is left', async () => {
    await using db = await database(fillLarge)
    const dumped = await dump(at(db.mongo, db.name))
    for (const [command, nth] of [
      ['hello', 1],
      ['create', 1],
      ['insert', 1],
      ['insert', 2],
      ['find', 2],
      ['getMore', 3],
    ] as const) {
      await using network = await breaking(db.mongo.port, command, nth)
      const source = { ...at(db.mongo, db.name), port: network.port }
      await rejected(prove(dumped, source), 'PROOF_UNFINISHED')
      assert.equal((await prove(dumped, source)).outcome, 'equal', `after ${command} ${nth}`)
    }
  })

  it('leaves the target of a restore as it was, wherever the connection is cut', async () => {
    await using db = await database(fillLarge)
    const { stored, fingerprint } = await dump(at(db.mongo, db.name))
    await using target = await database((made) => made.collection('one').insertOne({ old: true }))
    const before = await contentOf(target.db)
    const restoreBy = (port: number): Promise<unknown> => {
      const place = { ...at(db.mongo, target.name), port, replace: true }
      return engine.restore({ stored, target: place, expected: fingerprint }, testHost())
    }
    for (const [command, nth] of [
      ['hello', 1],
      ['listCollections', 1],
      ['create', 1],
      ['insert', 1],
      ['insert', 2],
      ['find', 1],
      ['getMore', 3],
    ] as const) {
      await using network = await breaking(db.mongo.port, command, nth)
      await rejected(restoreBy(network.port), 'SOURCE_UNREACHABLE', 'RESTORE_FAILED')
      assert.ok((await contentOf(target.db)) === before, `the target is another after ${command} ${nth}`)
      assert.deepEqual(await harness.leftovers?.(), [])
    }
    await restoreBy(db.mongo.port)
    assert.ok((await contentOf(target.db)) === (await contentOf(db.db)), 'the target is the backup')
  })

  it('that is frozen in the middle of a dump ends it', async () => {
    await using db = await database(fillLarge)
    await using network = await startTcpProxy({ host: db.mongo.host, port: db.mongo.port })
    const patience = 'connectTimeoutMS=1000&heartbeatFrequencyMS=500'
    const url = `mongodb://127.0.0.1:${network.port}/?${patience}`
    const { host: _, port: __, ...source } = { ...at(db.mongo, db.name), url: { reveal: () => url } }
    const begun = performance.now()
    const frozen = dump(source, testHost(), async () => network.freeze())
    await assert.rejects(frozen, { code: 'SOURCE_UNREACHABLE', retryable: true })
    assert.ok(performance.now() - begun < 15_000)
  })

  it('that is frozen does not keep an abort waiting', async () => {
    await using db = await database(fillLarge)
    await using network = await startTcpProxy({ host: db.mongo.host, port: db.mongo.port })
    await using host = testHost()
    const source = { ...at(db.mongo, db.name), port: network.port }
    const aborted = dump(source, host, async () => {
      network.freeze()
      setImmediate(() => host.abort())
    })
    const begun = performance.now()
    await rejected(aborted, 'INTERRUPTED')
    assert.ok(performance.now() - begun < 15_000)
  })

  it('that stops in the middle of a dump ends it; one that is gone is not reached', async () => {
    const own = await startMongo()
    try {
      const db = await database(fillLarge, own)
      const ended = dump(at(own, db.name), testHost(), () => own.crash())
      await assert.rejects(ended, (error: Error & { code?: string; retryable?: boolean }) => {
        assert.equal(error.retryable, true)
        return ['DUMP_FAILED', 'SOURCE_UNREACHABLE'].includes(error.code ?? '')
      })
      const gone = engine.probe(at(own, db.name), testHost())
      await assert.rejects(gone, { code: 'SOURCE_UNREACHABLE', retryable: true })
    } finally {
      await own.stop()
    }
  })

  it('is read no faster than what is read is taken', async () => {
    await using db = await database(fillLarge)
    await using network = await startTcpProxy({ host: db.mongo.host, port: db.mongo.port })
    const source = { ...at(db.mongo, db.name), port: network.port }
    let before = 0
    const { bytes } = await dump(source, testHost(), async () => {
      before = network.received
      await new Promise((resolve) => setTimeout(resolve, 500))
      before = network.received
    })
    assert.ok(before < bytes.length / 2, `${before} of ${bytes.length} bytes had come when one chunk was taken`)
  })

  it('refuses documents whose key is there twice, and says nothing of them', async () => {
    await using db = await database((made) => made.collection('people').insertMany([{ mail: 'ann' }, { mail: 'ben' }]))
    const first = await dump(at(db.mongo, db.name))
    await db.db.collection('people').drop()
    await db.db.collection('people').insertMany([{ mail: 'zoe' }, { mail: 'zoe' }])
    const second = await dump(at(db.mongo, db.name))
    // An index that the documents of the other dump do not bear.
    await db.db.collection('people').deleteMany({})
    await db.db.command({ createIndexes: 'people', indexes: [{ key: { mail: 1 }, name: 'by mail', unique: true }] })
    const third = await dump(at(db.mongo, db.name))
    const [head, body] = [
      third.bytes.indexOf(Buffer.of(255, 255, 255, 255)),
      second.bytes.indexOf(Buffer.of(255, 255, 255, 255)),
    ]
    const forged = Buffer.concat([third.bytes.subarray(0, head), second.bytes.subarray(body)])
    const said = await rejected(
      prove({ ...first, stored: storedArchive(forged) }, at(db.mongo, db.name)),
      'PROOF_FAILED',
    )
    assert.match(said, /a key is there twice/)
    assert.doesNotMatch(said, /zoe/)
    const target = { ...at(db.mongo, databaseName('target')), replace: false }
    const refused = engine.restore({ stored: storedArchive(forged), target }, testHost())
    assert.match(await rejected(refused, 'RESTORE_FAILED'), /a key is there twice/)
  })
})
