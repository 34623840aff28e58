import assert from 'node:assert/strict'
import { BSON } from 'mongodb'
import { boolean, document, int32, int64, text } from '../src/bson/build.ts'
import { TERMINATOR } from '../src/archive/archive-format.ts'
import type { Collection } from '../src/archive/collection.ts'
import { Crc64 } from '../src/archive/crc64.ts'
import { toMetadata } from '../src/archive/metadata.ts'
import { ArchiveReader } from '../src/archive/read-archive.ts'
import { ArchiveWriter } from '../src/archive/write-archive.ts'
import { chunksOf, GOLDEN, readAll } from './support/archives.ts'

const EMPTY = Buffer.from(BSON.serialize({}))
const HEADER = { concurrent: 4, serverVersion: '7.0.5', toolVersion: 'dbvault' }

describe('an archive', () => {
  it('has the checksum CRC-64/XZ, in whatever pieces it is made', () => {
    const whole = new Crc64()
    whole.update(Buffer.from('123456789'))
    assert.equal(whole.value(), 0x995d_c9bb_df19_39fan)
    const long = Buffer.from(Array.from({ length: 1000 }, (_, n) => (n * 7) % 256))
    const [one, pieces] = [new Crc64(), new Crc64()]
    one.update(long)
    for (let at = 0; at < long.length; at += 13) pieces.update(long.subarray(at, at + 13))
    assert.equal(pieces.value(), one.value())
  })

  it('of the genuine mongodump is read, in chunks of any size', async () => {
    for (const size of [1, 3, 4096, GOLDEN.length]) {
      const counts = Array.from(await readAll(GOLDEN, size), ([name, documents]) => [name, documents.length])
      assert.deepEqual(counts, [
        ['dots.and-dash', 300],
        ['empty', 0],
        ['ttl', 1],
        ['types', 7],
      ])
    }
  })

  it('of the genuine mongodump comes out byte for byte when it is read and written', async () => {
    await using reader = await ArchiveReader.open(chunksOf(GOLDEN))
    const { collections, serverVersion, database } = reader.prelude
    const writer = new ArchiveWriter(database)
    const toolVersion = 'built-without-version-string'
    const begun = writer.begin({ concurrent: 4, serverVersion, toolVersion }, collections)
    assert.deepEqual(GOLDEN.subarray(0, begun.length), begun)
    // In which order blocks follow depends on how fast each collection was read.
    const read = await readAll(GOLDEN)
    for (const [name, documents] of read) {
      const bytes = Buffer.concat(documents)
      const fresh = new ArchiveWriter(database)
      const [header, body] = bytes.length > 0 ? fresh.documents(name, bytes) : [EMPTY, EMPTY]
      const end = fresh.end(name)
      if (bytes.length > 0) assert.ok(GOLDEN.includes(Buffer.concat([header ?? EMPTY, body ?? EMPTY])), name)
      assert.ok(GOLDEN.includes(end.subarray(bytes.length > 0 ? 4 : 0)), `the end of ${name}`)
    }
  })

  it('that is cut anywhere is refused', async () => {
    const lengths = new Set([0, 1, 3, 4, GOLDEN.length - 1, GOLDEN.length - 4, GOLDEN.length - 5])
    for (let percent = 1; percent < 100; percent++) lengths.add(Math.floor((GOLDEN.length * percent) / 100))
    for (const length of lengths) {
      await assert.rejects(readAll(GOLDEN.subarray(0, length)), { name: 'ArchiveError' }, `cut to ${length}`)
    }
  })

  it('that is cut where a block ends is refused: a collection has no end', async () => {
    let accepted = 0
    for (let at = GOLDEN.indexOf(TERMINATOR); at >= 0; at = GOLDEN.indexOf(TERMINATOR, at + 4)) {
      const cut = GOLDEN.subarray(0, at + 4)
      if (cut.length === GOLDEN.length) continue
      await assert.rejects(readAll(cut), /the end is missing|in the middle of a block|before its first block/)
      accepted++
    }
    assert.ok(accepted > 5)
  })

  it('in whose blocks any bit is the other one is refused', async () => {
    const blocks = GOLDEN.indexOf(TERMINATOR) + 4
    for (let at = blocks; at < GOLDEN.length; at += 101) {
      for (const bit of [1, 128]) {
        const flipped = Buffer.from(GOLDEN)
        flipped.writeUInt8(flipped.readUInt8(at) ^ bit, at)
        await assert.rejects(readAll(flipped), /^(?:ArchiveError|BsonError)/, `byte ${at}`)
      }
    }
  })

  it('may have collections in between one another', async () => {
    const [a, b] = [collection('a'), collection('b')]
    const writer = new ArchiveWriter('shop')
    const one = (n: number): Buffer => Buffer.from(BSON.serialize({ _id: n }))
    const bytes = Buffer.concat([
      writer.begin(HEADER, [a, b]),
      ...writer.documents('a', one(1)),
      ...writer.documents('b', one(2)),
      ...writer.documents('a', Buffer.concat([one(3), one(4)])),
      writer.end('b'),
      writer.end('a'),
    ])
    const read = await readAll(bytes)
    assert.deepEqual(read.get('a'), [one(1), one(3), one(4)])
    assert.deepEqual(read.get('b'), [one(2)])
  })

  it('holds a document of 16 MB, which comes in many chunks', async () => {
    const large = Buffer.from(BSON.serialize({ _id: 1, bytes: Buffer.alloc(16 * 1024 * 1024 - 100, 7) }))
    const writer = new ArchiveWriter('shop')
    const bytes = Buffer.concat([
      writer.begin(HEADER, [collection('large')]),
      ...writer.documents('large', large),
      writer.end('large'),
    ])
    const [read] = (await readAll(bytes)).get('large') ?? []
    assert.ok(read?.equals(large))
  })

  const refused: Record<string, [readonly Buffer[], RegExp]> = {
    'that announces a collection twice': [[prelude('shop', 'a', 'a')], /announced twice/],
    'of two databases': [[prelude('shop', 'a'), prelude('other', 'b')], /more than one database/],
    'of nothing': [[], /no collection/],
    'whose format has another version': [[], /unknown version "0.2"/],
  }
  for (const [what, [described, message]] of Object.entries(refused)) {
    it(`${what} is refused`, async () => {
      const version = what.includes('version') ? '0.2' : '0.1'
      const header = document(int32('concurrent_collections', 4), text('version', version), text('server_version', '7'))
      const magic = Buffer.of(0x6d, 0xe2, 0x99, 0x81)
      await assert.rejects(readAll(Buffer.concat([magic, header, ...described, TERMINATOR])), message)
    })
  }

  it('with a block of what it does not announce is refused', async () => {
    const writer = new ArchiveWriter('shop')
    const bytes = Buffer.concat([
      writer.begin(HEADER, [collection('a')]),
      ...writer.documents('other', Buffer.from(BSON.serialize({ _id: 1 }))),
      writer.end('other'),
      writer.end('a'),
    ])
    await assert.rejects(readAll(bytes), /was not announced/)
  })

  it('whose collection goes on after its end is refused', async () => {
    const writer = new ArchiveWriter('shop')
    const bytes = Buffer.concat([writer.begin(HEADER, [collection('a')]), writer.end('a'), writer.end('a')])
    await assert.rejects(readAll(bytes), /goes on after its end/)
  })

  it('with a wrong checksum is refused', async () => {
    const end = document(text('db', 'shop'), text('collection', 'a'), boolean('EOF', true), int64('CRC', 1n))
    const bytes = Buffer.concat([new ArchiveWriter('shop').begin(HEADER, [collection('a')]), end, TERMINATOR])
    await assert.rejects(readAll(bytes), /the checksum of "shop\.a" is wrong/)
  })

  it('with users, roles and an oplog is read without them, and names them', async () => {
    const writer = new ArchiveWriter('shop')
    const begun = writer.begin(HEADER, [collection('a'), { ...collection('$admin.system.users') }])
    const user = Buffer.from(BSON.serialize({ _id: 'shop.ann' }))
    const bytes = Buffer.concat([
      begun,
      ...writer.documents('$admin.system.users', user),
      writer.end('$admin.system.users'),
      writer.end('a'),
    ])
    await using reader = await ArchiveReader.open(chunksOf(bytes))
    assert.deepEqual(reader.prelude.foreign, ['shop.$admin.system.users'])
    assert.deepEqual(await readAll(bytes), new Map([['a', []]]))
  })

  it('keeps the order of names in options and indexes, whatever they are', async () => {
    const key = document(int32('b', 1), int32('1', -1), int32('a.b', 1), int32('0', 1))
    const index = document(Buffer.concat([Buffer.from('\u0003key\0'), key]), text('name', 'in "order" \u{1f600}'))
    const given = { ...collection('a'), indexes: [index], options: document(int32('10', 1), int32('9', 2)) }
    await using reader = await ArchiveReader.open(chunksOf(new ArchiveWriter('shop').begin(HEADER, [given])))
    assert.deepEqual(reader.prelude.collections, [given])
  })

  it('says of a collection what mongodump says, letter for letter', async () => {
    await using reader = await ArchiveReader.open(chunksOf(GOLDEN))
    for (const each of reader.prelude.collections) assert.ok(GOLDEN.includes(toMetadata(each)), each.name)
  })
})

function collection(name: string): Collection {
  return { name, type: 'collection', options: EMPTY, indexes: [] }
}

function prelude(database: string, ...names: string[]): Buffer {
  return Buffer.concat(
    names.map((name) =>
      document(
        text('db', database),
        text('collection', name),
        text('metadata', toMetadata(collection(name))),
        int32('size', 0),
        text('type', 'collection'),
      ),
    ),
  )
}
