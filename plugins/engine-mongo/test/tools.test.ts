import { testHost } from 'dbvault/testing'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCommandLine } from './support/recorded.ts'
import { needs } from '../../../test/support/tools.ts'
import engine from '../src/index.ts'
import { placeOf } from '../src/server/place.ts'
import { toolUri } from '../src/tools/tool-uri.ts'
import { database, dump, prove, rejected } from './support/exam.ts'
import { defaults } from './support/flags.ts'
import { at, harness } from './support/harness.ts'
import { programs } from './support/programs.ts'

const VERSION = 'case "$1" in --version) echo "mongodump version: 100.13.0"; exit;; esac'

/**
 * MongoDB's own programs can be had from nowhere that these tests may reach. Shell scripts stand in their place: what is
 * tried is how they are called and what becomes of what they answer. The genuine ones were tried by hand, both ways.
 */
describe("with MongoDB's own programs", () => {
  needs('mongo', 'linux')

  const folder = mkdtempSync(join(tmpdir(), 'dbvault-tools-'))
  after(() => rmSync(folder, { recursive: true }))
  afterEach(async () => assert.deepEqual(await harness.leftovers?.(), []))

  /** A database, and the archive that a mongodump would write of it. */
  async function shop() {
    const db = await database(async (made) => {
      await made.collection('a').insertMany([{ x: 1 }, { x: 2 }])
      await made.collection('b*').insertOne({ x: 3 })
    })
    const native = await dump(at(db.mongo, db.name))
    const archive = join(folder, db.name)
    writeFileSync(archive, native.bytes)
    return { ...db, native, archive }
  }

  it('dumps what mongodump writes; its password stands in a file without a name', async () => {
    await using db = await shop()
    const seen = join(folder, 'seen')
    using bin = programs({
      mongodump: `${VERSION}\nprintf '%s\\0' "$@" > ${seen}; cat "\${1#--config=}" > ${seen}.config; env > ${seen}.env; cat ${db.archive}`,
    })
    const source = at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })
    const probe = await engine.probe(source, testHost())
    assert.deepEqual([probe.tools, probe.consistency], [{ mongodump: '100.13.0' }, 'none'])
    const dumped = await dump(source)
    assert.deepEqual(dumped.bytes, db.native.bytes)
    assert.deepEqual(dumped.fingerprint, db.native.fingerprint)
    const { args, config, environment } = parseCommandLine(seen)
    assert.deepEqual(args.slice(1), ['--archive', `--db=${db.name}`, '--numParallelCollections=4'])
    assert.ok(config.includes(encodeURIComponent(db.mongo.password).slice(0, 10)))
    for (const shown of [args.join(), environment]) {
      assert.ok(!shown.includes(db.mongo.password) && !shown.includes(encodeURIComponent(db.mongo.password)))
    }
  })

  it('throws DUMP_INCOMPLETE when mongodump exits with 0 and its archive is cut', async () => {
    await using db = await shop()
    using bin = programs({ mongodump: `${VERSION}\nhead -c -9 ${db.archive}` })
    const said = await rejected(dump(at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
    assert.match(said, /not a whole archive/)
  })

  it('throws DUMP_INCOMPLETE when mongodump has left out a collection', async () => {
    await using db = await shop()
    using bin = programs({ mongodump: `${VERSION}\ncat ${db.archive}` })
    await db.db.collection('more').insertOne({ x: 1 })
    const said = await rejected(dump(at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
    assert.match(said, /left out the collection "more"/)
  })

  it('throws DUMP_INCOMPLETE when mongodump has left out a document', async () => {
    await using db = await shop()
    using bin = programs({ mongodump: `${VERSION}\ncat ${db.archive}` })
    await db.db.collection('a').insertOne({ x: 5 })
    const said = await rejected(dump(at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })), 'DUMP_INCOMPLETE')
    assert.match(said, /gave 2 documents, and it has 3/)
  })

  it('throws DUMP_FAILED with the words of a mongodump that fails after a whole archive', async () => {
    await using db = await shop()
    const failing = 'echo "2026-01-01T00:00:00.000+0000 Failed: error writing data: cursor lost" >&2; exit 1'
    using bin = programs({ mongodump: `${VERSION}\ncat ${db.archive}; ${failing}` })
    const said = await rejected(dump(at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })), 'DUMP_FAILED')
    assert.equal(said, 'mongodump failed: Failed: error writing data: cursor lost')
  })

  it('throws PROOF_FAILED when mongorestore fails, and finds what it did not restore', async () => {
    await using db = await shop()
    const call =
      '2026-01-01T00:00:00.000+0000 Failed: E11000 duplicate key error collection: x index: _id_ dup key: { a: "zoe" }'
    using bin = programs({ mongorestore: `${VERSION}\nhead -c 100 >/dev/null; echo '${call}' >&2; exit 1` })
    const source = at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path })
    const said = await rejected(prove(db.native, source), 'PROOF_FAILED')
    assert.match(said, /a key is there twice in the index _id_/)
    assert.doesNotMatch(said, /zoe/)
    using idle = programs({ mongorestore: `${VERSION}\ncat >/dev/null` })
    const proof = await prove(db.native, at(db.mongo, db.name, { tool: true, 'bin-dir': idle.path }))
    assert.equal(proof.outcome, 'different')
    assert.match(String(proof.differences?.[0]), /"a" has 0 documents instead of 2/)
  })

  it('says which program is missing, and that it can be done without', async () => {
    await using db = await shop()
    using bin = programs({})
    const said = await rejected(
      engine.probe(at(db.mongo, db.name, { tool: true, 'bin-dir': bin.path }), testHost()),
      'TOOL_NOT_FOUND',
    )
    assert.match(said, /mongodump was not found[^]*do without --mongo-tool/)
  })
})

describe('the connection string for MongoDB’s own programs', () => {
  const uri = (source: Partial<Parameters<typeof placeOf>[0]>): string =>
    toolUri(placeOf({ database: 'shop', flags: defaults, ...source }, testHost()))

  it('has everything that was given, the password escaped', () => {
    const flags = { ...defaults, tls: true, 'auth-source': 'people', 'tls-ca-file': '/etc/ca.pem' }
    const made = uri({ host: 'a,b:2', user: 'ann@x', password: { reveal: () => 'p@ss/w?rd' }, flags })
    const expected =
      'mongodb://ann%40x:p%40ss%2Fw%3Frd@a:27017,b:2/?authSource=people&tls=true&tlsCAFile=%2Fetc%2Fca.pem'
    assert.equal(made, expected)
  })

  it('names no database, but where the user of a URL belongs', () => {
    const url = { reveal: () => 'mongodb+srv://ann:x@db.example.org/people?retryWrites=true' }
    assert.equal(uri({ url }), 'mongodb+srv://ann:x@db.example.org/?retryWrites=true&authSource=people')
  })
})
