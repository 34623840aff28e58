import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis } from '../../../test/servers/redis.ts'
import { canMount, SmallDisk } from '../../../test/support/small-disk.ts'
import { needs, REDIS_8 } from '../../../test/support/tools.ts'
import { redisFormat } from '../src/descriptor.ts'
import { Tally } from '../src/fingerprint/tally.ts'
import engine from '../src/index.ts'
import { RdbWalk } from '../src/rdb/rdb-walk.ts'
import { RdbWriter } from '../src/rdb/rdb-writer.ts'
import { clientOf } from './support/client.ts'
import { fillWithEverything } from './support/everything.ts'
import { dump, held, prove, rejected } from './support/exam.ts'
import { at } from './support/harness.ts'

describe('how a backup of Redis is proven', () => {
  needs('redis', 'linux')

  it('finds it cut at every hundredth and at its last byte, and flipped at every hundredth', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    // So that it is small.
    for (let place = 0; place < 16; place++) await client.unlink(`random ${place}`)
    const { bytes } = await dump(at(server))
    const whole = bytes[0]!
    const places = Array.from({ length: 100 }, (_, part) => Math.floor((whole.length * part) / 100))
    for (const length of [...places, whole.length - 1]) {
      await rejected(engine.check([held('main', redisFormat, whole.subarray(0, length))], testHost()), 'PROOF_FAILED')
    }
    for (const place of [...places, whole.length - 1]) {
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(place) ^ (1 << (place % 8)), place)
      await rejected(engine.check([held('main', redisFormat, flipped)], testHost()), 'PROOF_FAILED')
    }
    await rejected(
      engine.check([held('main', redisFormat, Buffer.concat([whole, Buffer.from([0])]))], testHost()),
      'PROOF_FAILED',
    )
    await server.stop()
  })

  it('finds a file that is sound in itself and that no server loads', async () => {
    const writer = new RdbWriter({ product: 'redis', version: 10 })
    const key = { database: 0, type: 0, expires: undefined, idle: undefined, frequency: undefined }
    for (const value of ['one', 'two']) {
      writer.key({ ...key, name: Buffer.from('twice') })
      writer.part(Buffer.from([3, ...Buffer.from(value)]))
    }
    writer.end(true)
    const stored = [held('main', redisFormat, writer.take())]
    await engine.check(stored, testHost())
    const source = at(await startRedis())
    const failed = engine.prove({ stored, scratch: { mode: 'auto', source, flags: source.flags } }, testHost())
    assert.match(await rejected(failed, 'PROOF_FAILED'), /refuses to load/)
  })

  it('only checks what a server without checksums sends', async () => {
    const server = await startRedis({ settings: { rdbchecksum: 'no' } })
    await using client = clientOf(server)
    await client.set('a', 'b')
    const probe = await engine.probe(at(server), testHost())
    assert.match(probe.scratch.possible ? '' : probe.scratch.why, /rdbchecksum/)
    const dumped = await dump(at(server))
    assert.equal((await engine.check(dumped.stored, testHost())).checked['files without a checksum'], 1)
    assert.match(await rejected(prove(dumped, at(server)), 'PROOF_UNFINISHED'), /rdbchecksum/)
    const one = await dump(at(server, '0'))
    assert.match(await rejected(prove(one, at(server, '0')), 'PROOF_UNFINISHED'), /rdbchecksum/)
    await server.stop()
  })

  it('says before the dump that there is no server to load it with, and the ways out', async () => {
    const server = await startRedis()
    const empty = mkdtempSync(join(tmpdir(), 'dbvault-bin-'))
    const { scratch } = await engine.probe(at(server, 'all', { 'bin-dir': empty }), testHost())
    assert.ok(!scratch.possible)
    assert.match(
      [scratch.why, ...scratch.hints].join('\n'),
      /neither redis-server nor valkey-server[^]*--redis-bin-dir/,
    )
    for (const mode of ['source', 'url'] as const) {
      const elsewhere = await engine.probe(at(server), testHost(), { mode })
      assert.ok(!elsewhere.scratch.possible)
    }
    rmSync(empty, { recursive: true })
    await server.stop()
  })

  it('ends unfinished when the disk is full', async function () {
    if (!canMount) this.skip()
    const server = await startRedis()
    await using client = clientOf(server)
    await fillWithEverything(client)
    const dumped = await dump(at(server))
    using disk = new SmallDisk('1m')
    await using host = testHost({ within: disk.path })
    assert.match(await rejected(prove(dumped, at(server), host), 'PROOF_UNFINISHED'), /--temp-dir/)
    await server.stop()
  })

  it('proves keys whose time is over, and each of many', async () => {
    const server = await startRedis()
    await using client = clientOf(server)
    await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
    await client.set('over', 'x', 'PX', 1)
    await client.set('soon', 'x', 'PX', 300)
    await client.eval(`for i = 1, 100000 do redis.call('SET', 'key ' .. i, i) end`, 0)
    const dumped = await dump(at(server))
    const { outcome, compared } = await prove(dumped, at(server))
    assert.deepEqual([outcome, compared['keys'], compared['expiring']], ['equal', 100_002, 2])
    await server.stop()
  })
})

describe('a backup of a newer Redis', () => {
  needs('redis', 'redis 8', 'linux')

  it('cannot be proven with an older server, which is said before the dump', async () => {
    const server = await startRedis({ program: REDIS_8 })
    await using client = clientOf(server)
    await client.set('a', 'b')
    const { scratch } = await engine.probe(at(server), testHost())
    assert.ok(!scratch.possible)
    assert.match([scratch.why, ...scratch.hints].join('\n'), /RDB version 12[^]*--redis-bin-dir/)
    const dumped = await dump(at(server))
    await rejected(prove(dumped, at(server)), 'PROOF_UNFINISHED')
    await server.stop()
  })

  it('is refused by an older target before anything is sent', async () => {
    const server = await startRedis({ program: REDIS_8 })
    const target = await startRedis()
    const { stored } = await dump(at(server))
    const refused = engine.restore({ stored, target: { ...at(target), replace: false } }, testHost())
    assert.match(await rejected(refused, 'RESTORE_FAILED'), /Redis 7\.0\.\d+ cannot read/)
    await server.stop()
    await target.stop()
  })

  it('takes and proves a backup of an older one', async () => {
    const server = await startRedis()
    const target = await startRedis({ program: REDIS_8 })
    await using client = clientOf(server)
    await fillWithEverything(client)
    const dumped = await dump(at(server))
    const source = at(server, 'all', { 'bin-dir': join(REDIS_8, '..') })
    assert.equal((await prove(dumped, source)).outcome, 'equal')
    const report = await engine.restore(
      { stored: dumped.stored, target: { ...at(target), replace: false }, expected: dumped.fingerprint },
      testHost(),
    )
    assert.equal(report.outcome, 'equal')
    await server.stop()
    await target.stop()
  })
})

describe('the reader of RDB files', () => {
  it('digests alike however a file is cut into chunks', () => {
    const writer = new RdbWriter({ product: 'redis', version: 10 })
    const key = { database: 3, type: 0, expires: 1_800_000_000_000, idle: 70_000, frequency: undefined }
    for (let place = 0; place < 400; place++) {
      writer.key({ ...key, name: Buffer.from(`key ${'x'.repeat(place)}`) })
      writer.part(Buffer.concat([Buffer.from([0x40, place % 64]), Buffer.alloc(place % 64, place)]))
    }
    writer.end(true)
    const file = writer.take()
    const digests = [1, 2, 7, 19, 1000, file.length].map((size) => {
      const tally = new Tally()
      const walk = new RdbWalk(tally)
      for (let from = 0; from < file.length; from += size) walk.push(file.subarray(from, from + size))
      walk.end()
      return JSON.stringify(tally.fingerprint(3, false))
    })
    assert.equal(new Set(digests).size, 1)
    assert.match(digests[0]!, /"keys":400,"expiring":400/)
  })

  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])
  const texts = (...values: string[]): Buffer => Buffer.concat([Buffer.from([values.length]), ...values.map(text)])
  const score = (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    return Buffer.concat([Buffer.from([1]), text('member'), bytes])
  }
  const TIME = 1_800_000_000_000
  /** Numbers of types as RDB files have them. */
  const [STRING, LIST, SET, HASH, ZSET] = [0, 1, 2, 4, 5]
  const fields = (...pairs: string[]): Buffer => Buffer.concat([Buffer.from([pairs.length / 2]), ...pairs.map(text)])

  type Key = { name?: string; database?: number; expires?: number; type: number; value: Buffer }

  function fingerprintOf({ name = 'key', database = 0, expires, type, value }: Key): string {
    const writer = new RdbWriter({ product: 'redis', version: 10 })
    writer.key({ name: Buffer.from(name), database, type, expires, idle: undefined, frequency: undefined })
    writer.part(value)
    writer.end(true)
    const tally = new Tally()
    const walk = new RdbWalk(tally)
    walk.push(writer.take())
    walk.end()
    return JSON.stringify(tally.fingerprint(3, false))
  }

  for (const [what, one, other] of [
    ['names', { name: 'a', type: STRING, value: text('v') }, { name: 'b', type: STRING, value: text('v') }],
    ['databases', { database: 1, type: STRING, value: text('v') }, { database: 2, type: STRING, value: text('v') }],
    ['texts', { type: STRING, value: text('a') }, { type: STRING, value: text('b') }],
    ['texts of zeros', { type: STRING, value: text('\0') }, { type: STRING, value: text('\0\0') }],
    ['the order of lists', { type: LIST, value: texts('a', 'b') }, { type: LIST, value: texts('b', 'a') }],
    ['where elements end', { type: LIST, value: texts('ab', 'c') }, { type: LIST, value: texts('a', 'bc') }],
    ['members', { type: SET, value: texts('a', 'b') }, { type: SET, value: texts('a', 'c') }],
    ['fields and values', { type: HASH, value: fields('a', 'b') }, { type: HASH, value: fields('b', 'a') }],
    [
      'which value a field has',
      { type: HASH, value: fields('a', '1', 'b', '2') },
      { type: HASH, value: fields('a', '2', 'b', '1') },
    ],
    ['scores', { type: ZSET, value: score(1) }, { type: ZSET, value: score(2) }],
    ['scores in their last bit', { type: ZSET, value: score(0.1) }, { type: ZSET, value: score(0.1 + 2 ** -56) }],
    [
      'times in their last millisecond',
      { expires: TIME, type: STRING, value: text('v') },
      { expires: TIME + 1, type: STRING, value: text('v') },
    ],
    [
      'times of years apart',
      { expires: TIME, type: STRING, value: text('v') },
      { expires: TIME + 10 * 2 ** 32, type: STRING, value: text('v') },
    ],
    [
      'what expires and what does not',
      { expires: TIME, type: STRING, value: text('v') },
      { type: STRING, value: text('v') },
    ],
    ['kinds', { type: LIST, value: texts('a') }, { type: SET, value: texts('a') }],
  ] as readonly (readonly [string, Key, Key])[]) {
    it(`tells ${what} apart`, () => {
      assert.notEqual(fingerprintOf(one), fingerprintOf(other))
      assert.equal(fingerprintOf(one), fingerprintOf({ ...one }))
    })
  }

  it('takes the order of sets, hashes and sorted sets, and numbers written as texts, for the same', () => {
    for (const [type, one, other] of [
      [SET, texts('a', 'b'), texts('b', 'a')],
      [HASH, fields('a', '1', 'b', '2'), fields('b', '2', 'a', '1')],
      [STRING, text('12'), Buffer.from([0xc0, 12])],
    ] as const)
      assert.equal(fingerprintOf({ type, value: one }), fingerprintOf({ type, value: other }))
  })
})
