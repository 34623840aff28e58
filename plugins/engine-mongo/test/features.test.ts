import type { Source } from 'dbvault'
import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { BSON, Timestamp, type Document } from 'mongodb'
import type { Flags } from '../src/descriptor.ts'
import engine from '../src/index.ts'
import { readAll, storedArchive } from './support/archives.ts'
import { dump, prove, rejected } from './support/exam.ts'
import { startFakeServer, type FakeCollection, type FakeOptions, type FakeServer } from './support/fake-server.ts'
import { defaults } from './support/flags.ts'
import { startGate } from '../../../test/support/gate.ts'

interface Failure {
  readonly code?: string
  readonly hints?: readonly string[]
}

const SET = { setName: 'rs0' }

/** What the tests' real server has not is tried on one that only speaks the protocol; see fake-server.ts. */
describe('what MongoDB has and the stand-in server has not', () => {
  it('comes back: validators, collation, capped and clustered collections, views and time series', async () => {
    await using fake = await startFakeServer()
    const shop: Record<string, FakeCollection> = {
      checked: collection([{ _id: 1 }], {
        validator: { n: { $gt: 1 } },
        validationLevel: 'moderate',
        validationAction: 'warn',
      }),
      german: collection([{ _id: 'a' }], { collation: { locale: 'de', strength: 2 } }),
      ring: collection([{ _id: 3 }, { _id: 1 }, { _id: 2 }, { _id: 5 }, { _id: 4 }], {
        capped: true,
        size: 4096,
        max: 10,
      }),
      tree: collection([{ _id: 1 }], { clusteredIndex: { v: 2, key: { _id: 1 }, name: '_id_', unique: true } }),
      cheap: {
        ...collection([], { viewOn: 'ring', pipeline: [{ $match: { price: { $lt: 10 } } }] }),
        type: 'view',
        indexes: [],
      },
      weather: {
        ...collection([], { timeseries: { timeField: 't', granularity: 'hours' }, expireAfterSeconds: 3600 }),
        type: 'timeseries',
        indexes: [],
      },
      'system.buckets.weather': collection([
        { _id: 1, control: {} },
        { _id: 2, control: {} },
      ]),
      'system.views': collection([{ _id: 'shop.cheap' }]),
      'system.profile': collection([{ op: 'query' }]),
      'system.js': collection([{ _id: 'f', value: 1 }]),
    }
    fake.databases.set('shop', new Map(Object.entries(shop)))

    const dumped = await dump(at(fake, 'shop'))
    const proof = await prove(dumped, at(fake, 'shop'))
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []])
    assert.deepEqual(proof.compared, { collections: 6, documents: 11, indexes: 5, views: 1 })
    const target = { ...at(fake, 'copy'), replace: false }
    const report = await engine.restore({ stored: dumped.stored, target, expected: dumped.fingerprint }, testHost())
    assert.equal(report.outcome, 'equal')

    const copy = fake.databases.get('copy')
    assert.deepEqual(
      [...(copy?.keys() ?? [])].sort(),
      Object.keys(shop)
        .filter((name) => !/views|profile/.test(name))
        .sort(),
    )
    for (const [name, made] of copy ?? []) {
      const original = fake.databases.get('shop')?.get(name)
      assert.deepEqual(made.documents, original?.documents, name)
      assert.deepEqual(optionsOf(made), optionsOf(original), name)
    }
  })

  it('refuses no document that is not valid, and lets none expire, before all is compared', async () => {
    await using fake = await startFakeServer()
    const options = { validator: { n: 1 }, validationLevel: 'strict' }
    fake.databases.set('shop', new Map([['checked', collection([{ _id: 1 }], options)]]))
    const dumped = await dump(at(fake, 'shop'))
    fake.commands.length = 0
    await prove(dumped, at(fake, 'shop'))
    const order = fake.commands
      .map((command) => Object.keys(command)[0])
      .filter((name) => /create$|insert|collMod|find/.test(name ?? ''))
    assert.deepEqual(order.slice(-4), ['create', 'insert', 'find', 'collMod'])
    assert.equal(fake.commands.find((command) => 'create' in command)?.['validator'], undefined)
  })

  it('reads at one cluster time, which a writer does not disturb, and the fingerprint by a reading of its own', async () => {
    await using fake = await startFakeServer(SET)
    const many = Array.from({ length: 20 }, (_, n) => ({ _id: n }))
    fake.databases.set(
      'shop',
      new Map([
        ['a', collection(many)],
        ['b', collection(many)],
      ]),
    )
    assert.equal((await engine.probe(at(fake, 'shop'), testHost())).consistency, 'point-in-time')
    fake.commands.length = 0
    const dumped = await dump(at(fake, 'shop'), testHost(), async () => {
      for (const each of fake.databases.get('shop')?.values() ?? []) each.documents.push(encode({ _id: 'late' }))
    })
    assert.equal((await readAll(dumped.bytes)).get('b')?.length, 20)
    const finds = fake.commands.filter((command) => 'find' in command && command['singleBatch'] !== true)
    assert.equal(finds.length, 4)
    const times = finds.map((command) => (command['readConcern'] as Document)['atClusterTime'] as Timestamp)
    assert.equal(new Set(times.map(String)).size, 1)
    assert.ok(finds.every((command) => command['sort'] === undefined))
    fake.databases.set('other', new Map())
    assert.equal((await prove(dumped, at(fake, 'shop'))).outcome, 'equal')
  })

  it('finds what the reading for the archive lost by the reading for the fingerprint', async () => {
    await using fake = await startFakeServer(SET)
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }, { _id: 2 }])]]))
    let readings = 0
    fake.intercept = (command) =>
      command['find'] === 'a' && command['singleBatch'] !== true && ++readings === 1
        ? { cursor: { id: BSON.Long.ZERO, ns: 'shop.a', firstBatch: [{ _id: 1 }] }, ok: 1 }
        : undefined
    const dumped = await dump(at(fake, 'shop'))
    const proof = await prove(dumped, at(fake, 'shop'))
    assert.equal(proof.outcome, 'different')
    assert.match(String(proof.differences?.[0]), /collection "a" has [12] documents instead of [12]/)
  })

  it('says what helps when the history of the server ends before the dump does', async () => {
    await using fake = await startFakeServer(SET)
    fake.databases.set('shop', new Map([['a', collection(Array.from({ length: 9 }, (_, n) => ({ _id: n })))]]))
    fake.intercept = (command) =>
      'getMore' in command ? { ok: 0, code: 239, errmsg: 'Read timestamp is older' } : undefined
    const said = await rejected(dump(at(fake, 'shop')), 'DUMP_FAILED')
    assert.match(said, /no longer has the history/)
    assert.match(said, /--mongo-snapshot never/)
  })

  const never: [
    string,
    FakeOptions,
    Partial<FakeCollection['options']> | object,
    Partial<Source<Flags>['flags']>,
    RegExp,
  ][] = [
    ['a server that is alone', {}, {}, {}, /not a member of a replica set/],
    ['a server before 5.0', { ...SET, version: '4.4.0' }, {}, {}, /5\.0 is the first/],
    ['capped collections before 8.0', SET, { capped: true, size: 4096 }, {}, /capped collections, such as "a"/],
    ['who does not want it', SET, {}, { snapshot: 'never' }, /was not asked for/],
  ]
  for (const [what, options, collectionOptions, flags, why] of never) {
    it(`dumps ${what} at no one point in time, says so and why`, async () => {
      await using fake = await startFakeServer(options)
      fake.databases.set('shop', new Map([['a', collection([{ _id: 2 }, { _id: 1 }], collectionOptions)]]))
      const probe = await engine.probe(at(fake, 'shop', flags), testHost())
      assert.equal(probe.consistency, 'none')
      assert.match(probe.findings.map(({ message }) => message).join(), why)
      assert.ok(probe.findings.every(({ severity }) => severity === 'warning'))
      fake.commands.length = 0
      await dump(at(fake, 'shop', flags))
      const [find] = fake.commands.filter((command) => 'find' in command && command['singleBatch'] !== true)
      assert.equal(find?.['readConcern'], undefined)
      assert.deepEqual(find?.['sort'], what.startsWith('capped') ? undefined : { _id: 1 })
    })
  }

  it('dumps a database that takes too long to read at no one point in time', async () => {
    await using fake = await startFakeServer(SET)
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    fake.intercept = (command) => ('dbStats' in command ? { dataSize: 50e9, ok: 1 } : undefined)
    const probe = await engine.probe(at(fake, 'shop'), testHost())
    assert.equal(probe.consistency, 'none')
    assert.match(String(probe.findings[0]?.message), /50 GB may take longer than the 300 s/)
    const insisted = await engine.probe(at(fake, 'shop', { snapshot: 'always' }), testHost())
    assert.equal(insisted.consistency, 'point-in-time')
  })

  it('throws DUMP_INCOMPLETE when the server ends a reading before its end', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }, { _id: 2 }])]]))
    let readings = 0
    fake.intercept = (command) =>
      command['find'] === 'a' && command['singleBatch'] !== true && ++readings === 1
        ? { cursor: { id: BSON.Long.ZERO, ns: 'shop.a', firstBatch: [{ _id: 1 }] }, ok: 1 }
        : undefined
    const said = await rejected(dump(at(fake, 'shop')), 'DUMP_INCOMPLETE')
    assert.match(said, /"a" the server gave 1 documents, and it has 2/)
  })

  it('throws an error that may be tried again when the server forgets a reading', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection(Array.from({ length: 9 }, (_, n) => ({ _id: n })))]]))
    fake.intercept = (command) =>
      'getMore' in command ? { ok: 0, code: 43, errmsg: 'cursor id 5 not found' } : undefined
    await assert.rejects(dump(at(fake, 'shop')), { code: 'DUMP_FAILED', retryable: true })
  })

  it('names the collections that may not be read, and how they may be', async () => {
    await using fake = await startFakeServer()
    fake.databases.set(
      'shop',
      new Map([
        ['open', collection([{ _id: 1 }])],
        ['closed', collection([{ _id: 1 }])],
      ]),
    )
    fake.intercept = (command) =>
      command['find'] === 'closed' ? { ok: 0, code: 13, errmsg: 'not authorized' } : undefined
    const { findings } = await engine.probe(at(fake, 'shop'), testHost())
    const incomplete = findings.find(({ severity }) => severity === 'incomplete')
    assert.match(String(incomplete?.message), /may not read the collections "closed"/)
    assert.match(String(incomplete?.fixes), /grantRolesToUser\(.*role: 'read', db: "shop"/)
    await using host = testHost()
    const dumped = await dump(at(fake, 'shop'), host)
    assert.deepEqual([...(await readAll(dumped.bytes)).keys()], ['open'])
    assert.match(JSON.stringify(host.events), /Left out.*closed/)
  })

  it('throws SOURCE_DENIED when not even the names may be read', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    fake.intercept = (command) =>
      'listCollections' in command ? { ok: 0, code: 13, errmsg: 'not authorized on shop' } : undefined
    await rejected(engine.probe(at(fake, 'shop'), testHost()), 'SOURCE_DENIED')
  })

  it('keeps timestamps of zero, which a server sets to its time', async () => {
    for (const version of ['6.0.0', '8.0.0']) {
      await using fake = await startFakeServer({ version })
      const zero = new Timestamp({ t: 0, i: 0 })
      fake.databases.set(
        'shop',
        new Map([['a', collection([{ _id: zero, t: zero, deep: { t: zero } }, { _id: 2 }, { _id: 3, t: zero }])]]),
      )
      const proof = await prove(await dump(at(fake, 'shop')), at(fake, 'shop'))
      assert.deepEqual([proof.outcome, proof.differences ?? []], ['equal', []], version)
    }
  })

  it('ends a proof as unfinished when the disk of the server is full', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    const dumped = await dump(at(fake, 'shop'))
    for (const name of ['insert', 'create']) {
      fake.intercept = (command) =>
        name in command ? { ok: 0, code: 14031, errmsg: 'available disk space' } : undefined
      await rejected(prove(dumped, at(fake, 'shop')), 'PROOF_UNFINISHED')
    }
    fake.intercept = (command) =>
      'insert' in command
        ? {
            ok: 1,
            n: 0,
            writeErrors: [{ index: 0, code: 1, errmsg: 'could not extend file: No space left on device' }],
          }
        : undefined
    await rejected(prove(dumped, at(fake, 'shop')), 'PROOF_UNFINISHED')
    assert.deepEqual(
      [...fake.databases].filter(([name, all]) => name.startsWith('dbvault') && all.size > 0),
      [],
    )
  })

  it('says of a restore for which the disk of the server is too small that it needs room, and leaves the target as it was', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    const { stored, fingerprint: expected } = await dump(at(fake, 'shop'))
    fake.databases.set('copy', new Map([['a', collection([{ _id: 'old' }])]]))
    for (const answer of [
      { ok: 0, code: 14031, errmsg: 'available disk space of 1 bytes is less than required minimum' },
      { ok: 1, n: 0, writeErrors: [{ index: 0, code: 1, errmsg: 'could not extend file: No space left on device' }] },
    ]) {
      fake.intercept = (command) => ('insert' in command && command['insert'] !== 'a' ? answer : undefined)
      const target = { ...at(fake, 'copy'), replace: true }
      await assert.rejects(engine.restore({ stored, target, expected }, testHost()), (error: Error & Failure) => {
        assert.equal(error.code, 'RESTORE_FAILED')
        assert.match(String(error.hints), /Make room on the disk of the server/)
        return true
      })
      assert.deepEqual([...(fake.databases.get('copy')?.keys() ?? [])], ['a'])
    }
  })

  it('reports an error of the server that it does not know as one of the server', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    fake.intercept = (command) => ('aggregate' in command ? { ok: 0, code: 8, errmsg: 'something odd' } : undefined)
    assert.match(await rejected(dump(at(fake, 'shop')), 'DUMP_FAILED'), /answered with an error \(something odd\)/)
  })

  it('puts everything back when the server refuses the last of the new names', async () => {
    await using fake = await startFakeServer()
    const source = new Map([
      ['a', collection([{ _id: 1 }])],
      ['b', collection([{ _id: 2 }])],
    ])
    fake.databases.set('shop', source)
    const view = { ...collection([], { viewOn: 'a', pipeline: [] }), type: 'view' as const, indexes: [] }
    const old = new Map([
      ['a', collection([{ _id: 'old' }])],
      ['c', collection([{ _id: 'old' }])],
      ['v', view],
    ])
    fake.databases.set('target', old)
    const before = shown(fake, 'target')
    const { stored, fingerprint } = await dump(at(fake, 'shop'))
    fake.intercept = (command) => (command['to'] === 'target.b' ? { ok: 0, code: 1, errmsg: 'not today' } : undefined)
    const target = { ...at(fake, 'target'), replace: true }
    await rejected(engine.restore({ stored, target, expected: fingerprint }, testHost()), 'RESTORE_FAILED')
    assert.deepEqual(shown(fake, 'target'), before)
    fake.intercept = () => undefined
    await engine.restore({ stored, target, expected: fingerprint }, testHost())
    assert.deepEqual([...(fake.databases.get('target')?.keys() ?? [])].sort(), ['a', 'b'])
  })

  /** A database `shop` to restore over `target`, each with a collection, and both with a view of one name. */
  async function scene() {
    const fake = await startFakeServer()
    const view = (pipeline: object[]) => ({
      ...collection([], { viewOn: 'a', pipeline }),
      type: 'view' as const,
      indexes: [],
    })
    const fill = (name: string, id: number): unknown =>
      fake.databases.set(
        name,
        new Map([
          ['a', collection([{ _id: id }])],
          ['v', view([{ $match: { id } }])],
        ]),
      )
    fill('shop', 1)
    fill('target', 2)
    const { stored, fingerprint } = await dump(at(fake, 'shop'))
    const request = { stored, target: { ...at(fake, 'target'), replace: true }, expected: fingerprint }
    return { fake, request, old: shown(fake, 'target'), fresh: shown(fake, 'shop') }
  }

  it('has its old views back, too, when new ones of their names were not made or are there', async () => {
    for (const refuses of [
      (command: Document) => command['to'] === 'target.a',
      (command: Document) => 'update' in command && JSON.stringify(command).includes('"done"'),
    ]) {
      const { fake, request, old, fresh } = await scene()
      await using _ = fake
      let refused = false
      fake.intercept = (command) => {
        if (refused || !refuses(command)) return undefined
        refused = true
        return { ok: 0, code: 1, errmsg: 'not today' }
      }
      await rejected(engine.restore(request, testHost()), 'RESTORE_FAILED')
      assert.equal(refused, true)
      assert.deepEqual(shown(fake, 'target'), old)
      await engine.restore(request, testHost())
      assert.deepEqual(shown(fake, 'target'), fresh)
    }
  })

  it('changes nothing when its journal is not taken', async () => {
    const { fake, request, old } = await scene()
    await using _ = fake
    fake.intercept = (command) =>
      String(command['insert']).startsWith('dbvault_journal')
        ? { ok: 1, n: 0, writeErrors: [{ index: 0, code: 14_031, errmsg: 'full' }] }
        : undefined
    await rejected(engine.restore(request, testHost()), 'RESTORE_FAILED')
    assert.deepEqual(shown(fake, 'target'), old)
    assert.deepEqual(
      fake.commands.filter((command) => 'renameCollection' in command),
      [],
    )
  })

  it('is whole though what it replaced cannot be dropped, which the next restore does', async () => {
    const { fake, request, fresh } = await scene()
    await using _ = fake
    fake.intercept = (command) =>
      String(command['drop']).startsWith('dbvault_old') ? { ok: 0, code: 1, errmsg: 'not today' } : undefined
    await engine.restore(request, testHost())
    assert.notDeepEqual(shown(fake, 'target'), fresh)
    const { findings } = await engine.probe(at(fake, 'target'), testHost())
    assert.ok(findings.some(({ severity }) => severity === 'incomplete'))
    fake.intercept = () => undefined
    await engine.restore(request, testHost())
    assert.deepEqual(shown(fake, 'target'), fresh)
  })

  it('says why what a killed restore has left cannot be put back, and puts it back when it can', async () => {
    const { fake, request, old } = await scene()
    await using _ = fake
    await using gate = await startGate(fake.port, (sent) => sent.includes('renameCollection'), false)
    const through = { ...request, target: { ...request.target, port: gate.port } }
    await rejected(engine.restore(through, testHost()), 'RESTORE_FAILED')
    const { findings } = await engine.probe(at(fake, 'target'), testHost())
    assert.ok(findings.some(({ severity }) => severity === 'incomplete'))
    fake.intercept = (command) =>
      'renameCollection' in command ? { ok: 0, code: 13, errmsg: 'not authorized' } : undefined
    assert.match(await rejected(engine.restore(request, testHost()), 'RESTORE_FAILED'), /could not be put back/)
    fake.intercept = () => undefined
    const { bytes } = await dump(at(fake, 'shop'))
    const cut = { ...request, stored: storedArchive(bytes.subarray(0, -20)) }
    await rejected(engine.restore(cut, testHost()), 'RESTORE_FAILED')
    assert.deepEqual(shown(fake, 'target'), old)
  })

  it('refuses to replace what a server cannot move aside, before anything is made', async () => {
    await using fake = await startFakeServer()
    fake.databases.set('shop', new Map([['a', collection([{ _id: 1 }])]]))
    const series = { ...collection([], { timeseries: { timeField: 't' } }), type: 'timeseries' as const, indexes: [] }
    fake.databases.set('target', new Map([['weather', series]]))
    const { stored } = await dump(at(fake, 'shop'))
    const target = { ...at(fake, 'target'), replace: true }
    const said = await rejected(engine.restore({ stored, target }, testHost()), 'RESTORE_FAILED')
    assert.match(said, /"weather", which the server cannot move aside/)
    assert.deepEqual([...(fake.databases.get('target')?.keys() ?? [])], ['weather'])
  })
})

function at(fake: FakeServer, database: string, flags: Partial<Source<Flags>['flags']> = {}): Source<Flags> {
  return { database, host: '127.0.0.1', port: fake.port, flags: { ...defaults, direct: true, ...flags } }
}

function collection(documents: readonly Document[], options: object = {}): FakeCollection {
  return {
    type: 'collection',
    options: new Map(Object.entries(options)),
    indexes: [encode({ v: 2, key: { _id: 1 }, name: '_id_' })],
    documents: documents.map(encode),
  }
}

function encode(document: Document): Buffer {
  return Buffer.from(BSON.serialize(document))
}

function optionsOf(collection: FakeCollection | undefined): unknown {
  const sorted = [...(collection?.options ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  return BSON.deserialize(BSON.serialize(new Map(sorted)))
}

function shown(fake: FakeServer, database: string): string[] {
  return Array.from(fake.databases.get(database) ?? [], ([name, each]) => {
    const documents = each.documents.map((document) => document.toString('hex')).join()
    return `${name} ${each.type} ${documents} ${JSON.stringify(optionsOf(each))}`
  }).sort()
}
