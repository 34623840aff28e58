import type { Source } from 'dbvault'
import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { needs } from '../../../test/support/tools.ts'
import { testMongo } from '../../../test/servers/mongo.ts'
import type { Flags } from '../src/descriptor.ts'
import engine from '../src/index.ts'
import { placeOf } from '../src/server/place.ts'
import { database, dump, rejected } from './support/exam.ts'
import { defaults } from './support/flags.ts'
import { at } from './support/harness.ts'

describe('a MongoDB server', () => {
  needs('mongo', 'linux')

  it('is reached by a connection string, which names the database too', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const url = { reveal: () => `${db.mongo.url}${db.name}?authSource=admin` }
    const probe = await engine.probe({ database: '', url, flags: defaults }, testHost())
    assert.equal(probe.label, db.name)
  })

  it('is logged in to by SCRAM-SHA-256 as asked; a mechanism that it has not is refused', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    await engine.probe(at(db.mongo, db.name, { 'auth-mechanism': 'SCRAM-SHA-256' }), testHost())
    const sha1 = engine.probe(at(db.mongo, db.name, { 'auth-mechanism': 'SCRAM-SHA-1' }), testHost())
    await rejected(sha1, 'SOURCE_DENIED')
  })

  it('that wants a password and is given none says so', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const { user: _, password: __, ...source } = at(db.mongo, db.name)
    await rejected(engine.probe(source, testHost()), 'SOURCE_DENIED')
  })

  it('that does not speak TLS is said not to, at once', async () => {
    await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
    const begun = performance.now()
    const said = await rejected(engine.probe(at(db.mongo, db.name, { tls: true }), testHost()), 'SOURCE_UNREACHABLE')
    assert.match(said, /by TLS|ended the connection/)
    assert.ok(performance.now() - begun < 15_000)
  })

  describe('behind TLS', () => {
    needs('openssl')

    const folder = mkdtempSync(join(tmpdir(), 'dbvault-tls-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    let front: Server
    let port = 0

    before(async () => {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const request = [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ]
      execFileSync('openssl', request, { stdio: 'ignore' })
      const mongo = await testMongo()
      front = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => {
        const server = connect(mongo.port, mongo.host)
        client.pipe(server).pipe(client)
        for (const each of [client, server]) each.on('error', () => {})
      })
      front.on('tlsClientError', () => {})
      front.listen(0, '127.0.0.1')
      await once(front, 'listening')
      port = (front.address() as AddressInfo).port
    })
    after(() => {
      front?.close()
      rmSync(folder, { recursive: true })
    })

    const secured = (source: Source<Flags>, host: string): Source<Flags> => ({ ...source, host, port })

    it('is dumped from when the authority of its certificate is known, and refused when it is not', async () => {
      await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
      const known = at(db.mongo, db.name, { tls: true, 'tls-ca-file': cert })
      assert.ok((await dump(secured(known, 'localhost'))).bytes.length > 0)
      const unknown = engine.probe(secured(at(db.mongo, db.name, { tls: true }), 'localhost'), testHost())
      assert.match(await rejected(unknown, 'SOURCE_UNREACHABLE'), /by TLS as asked[^]*--mongo-tls-ca-file/)
      const insecure = at(db.mongo, db.name, { tls: true, 'tls-insecure': true })
      assert.ok((await dump(secured(insecure, 'localhost'))).bytes.length > 0)
    })

    it('whose certificate cannot be read is an error of usage', async () => {
      await using db = await database((made) => made.collection('a').insertOne({ x: 1 }))
      const source = secured(at(db.mongo, db.name, { tls: true, 'tls-ca-file': '/nowhere.pem' }), 'localhost')
      assert.match(await rejected(engine.probe(source, testHost()), 'USAGE'), /nowhere\.pem/)
    })
  })
})

describe('where a MongoDB server is', () => {
  const place = (source: Partial<Source<Flags>>): ReturnType<typeof placeOf> =>
    placeOf({ database: 'shop', flags: defaults, ...source }, testHost())

  const hosts = {
    'db.example.org': 'db.example.org:27017',
    'db.example.org:1234': 'db.example.org:1234',
    'a,b:2': 'a:27017,b:2',
    '::1': '[::1]:27017',
    '[::1]:5': '[::1]:5',
    '/tmp/mongodb-27017.sock': '%2Ftmp%2Fmongodb-27017.sock',
  }
  for (const [given, expected] of Object.entries(hosts)) {
    it(`is ${expected} when ${given} is given`, () => assert.equal(place({ host: given }).name, expected))
  }

  for (const host of ['a b', 'user@host', 'a/b', 'host:port']) {
    it(`is not ${JSON.stringify(host)}`, () => assert.throws(() => place({ host }), { code: 'USAGE' }))
  }

  it('is not said twice', () => {
    const url = { reveal: () => 'mongodb://localhost/' }
    assert.throws(() => place({ host: 'other', url }), { code: 'USAGE' })
  })

  it('is not said by a URL that is none, of which nothing is quoted', () => {
    for (const text of ['postgres://ann:canary@x/', 'mongodb://ann:cana/ry@x/', 'mongodb://ann:canary%@x%/']) {
      assert.throws(
        () => place({ url: { reveal: () => text } }),
        (error: Error & { code?: string }) => error.code === 'USAGE' && !/cana/.test(error.message),
      )
    }
  })

  it('is given a password of any kind as it is', () => {
    const password = 'p:@/?#[]%00\u{1f600} "\'\\'
    assert.equal(place({ user: 'ann', password: { reveal: () => password } }).options.auth?.password, password)
  })
})
