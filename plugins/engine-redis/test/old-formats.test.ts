import assert from 'node:assert/strict'
import { testHost } from 'dbvault/testing'
import { describe, it } from 'mocha'
import { startRedis } from '../../../test/servers/redis.ts'
import { needs } from '../../../test/support/tools.ts'
import { redisFormat } from '../src/descriptor.ts'
import engine from '../src/index.ts'
import { RdbWriter } from '../src/rdb/rdb-writer.ts'
import { clientOf } from './support/client.ts'
import { held } from './support/exam.ts'
import { at } from './support/harness.ts'

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  assert.ok(bytes.length < 16_384)
  return Buffer.concat([
    Buffer.from(bytes.length < 64 ? [bytes.length] : [64 | (bytes.length >> 8), bytes.length & 255]),
    bytes,
  ])
}

/** As Redis 6 and before packed small values: numbers are written as such. */
function ziplist(values: readonly (string | number)[]): Buffer {
  const entries: Buffer[] = []
  let before = 0
  for (const value of values) {
    const head = before < 254 ? Buffer.from([before]) : Buffer.from([254, before & 255, before >> 8, 0, 0])
    const entry = Buffer.concat([head, typeof value === 'number' ? number(value) : string(value)])
    entries.push(entry)
    before = entry.length
  }
  const body = Buffer.concat(entries)
  const header = Buffer.alloc(10)
  header.writeUInt32LE(10 + body.length + 1, 0)
  header.writeUInt32LE(10 + body.length - before, 4)
  header.writeUInt16LE(values.length, 8)
  return Buffer.concat([header, body, Buffer.from([255])])
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = bytes.length < 64 ? [bytes.length] : [64 | (bytes.length >> 8), bytes.length & 255]
  return Buffer.concat([Buffer.from(head), bytes])
}

function number(value: number): Buffer {
  if (value >= 0 && value <= 12) return Buffer.from([0xf1 + value])
  const bytes = Buffer.alloc(9)
  if (value >= -128 && value <= 127) {
    bytes[0] = 0xfe
    return bytes.subarray(0, bytes.writeInt8(value, 1))
  }
  if (value >= -32_768 && value <= 32_767) {
    bytes[0] = 0xc0
    return bytes.subarray(0, bytes.writeInt16LE(value, 1))
  }
  if (value >= -8_388_608 && value <= 8_388_607) {
    bytes[0] = 0xf0
    return bytes.subarray(0, bytes.writeIntLE(value, 1, 3))
  }
  if (value >= -2_147_483_648 && value <= 2_147_483_647) {
    bytes[0] = 0xd0
    return bytes.subarray(0, bytes.writeInt32LE(value, 1))
  }
  bytes[0] = 0xe0
  return bytes.subarray(0, bytes.writeBigInt64LE(BigInt(value), 1))
}

const NUMBERS = [
  0,
  12,
  13,
  -1,
  127,
  -128,
  300,
  -30_000,
  70_000,
  -8_000_000,
  9_000_000,
  2_147_483_647,
  2 ** 40,
  -(2 ** 50),
]
const texts = ['', 'a', 'x'.repeat(63), 'y'.repeat(300), '\u00e9\u5b57']

/** Values in formats that no server of today writes, and every one reads. */
const VALUES: Readonly<Record<string, readonly [type: number, value: Buffer]>> = {
  'list as such': [1, Buffer.concat([Buffer.from([2]), text('one'), text('two')])],
  'set as such': [2, Buffer.concat([Buffer.from([2]), text('one'), text('17')])],
  'sorted set with written scores': [
    3,
    Buffer.concat([
      Buffer.from([4]),
      text('a'),
      score('1.5'),
      text('b'),
      Buffer.from([254]),
      text('c'),
      Buffer.from([255]),
      text('d'),
      score('-3'),
    ]),
  ],
  'hash as such': [4, Buffer.concat([Buffer.from([2]), text('f'), text('v'), text('g'), text('12')])],
  'hash as zipmap': [
    9,
    text(Buffer.concat([Buffer.from([2]), zip('f'), zip('value', 3), zip('number'), zip('7', 0), Buffer.from([255])])),
  ],
  'list as ziplist': [10, text(ziplist([...texts, ...NUMBERS]))],
  'sorted set as ziplist': [12, text(ziplist(['a', 1, 'b', '2.5', 7, 9_000_000]))],
  'hash as ziplist': [13, text(ziplist(['f', 'v', 'g', 5, 'h', 'z'.repeat(300)]))],
  'list of ziplists': [14, Buffer.concat([Buffer.from([2]), text(ziplist(texts)), text(ziplist(NUMBERS))])],
}

function score(written: string): Buffer {
  return Buffer.concat([Buffer.from([written.length]), Buffer.from(written)])
}

function zip(value: string, free?: number): Buffer {
  const bytes = Buffer.from(value)
  const head = free === undefined ? [bytes.length] : [bytes.length, free]
  return Buffer.concat([Buffer.from(head), bytes, Buffer.alloc(free ?? 0, 7)])
}

describe('formats of Redis 6 and before', () => {
  needs('redis', 'linux')

  it('are read as servers of today read them', async () => {
    const writer = new RdbWriter({ product: 'redis', version: 9 })
    for (const [name, [type, value]] of Object.entries(VALUES)) {
      writer.key({
        database: 0,
        type,
        name: Buffer.from(name),
        expires: undefined,
        idle: undefined,
        frequency: undefined,
      })
      writer.part(value)
    }
    writer.end(true)
    const server = await startRedis()
    const source = at(server)
    const stored = [held('main', redisFormat, writer.take())]
    // What the private server has made of each is read back in the formats of today, and has to have the same digests.
    const proof = await engine.prove({ stored, scratch: { mode: 'auto', source, flags: source.flags } }, testHost())
    assert.deepEqual([proof.outcome, proof.differences ?? []], ['restorable', []])
    assert.equal(proof.compared['keys'], Object.keys(VALUES).length)
    await engine.restore({ stored, target: { ...source, replace: false } }, testHost())
    await using client = clientOf(server)
    assert.deepEqual(await client.lrange('list as ziplist', 0, -1), [...texts, ...NUMBERS.map(String)])
    assert.deepEqual(await client.hgetall('hash as zipmap'), { f: 'value', number: '7' })
    assert.deepEqual(await client.zrange('sorted set with written scores', '0', '-1'), ['c', 'd', 'a', 'b'])
    await server.stop()
  })
})
