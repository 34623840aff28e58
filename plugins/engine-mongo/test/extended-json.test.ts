import assert from 'node:assert/strict'
import {
  BSON,
  BSONRegExp,
  BSONSymbol,
  Binary,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb'
import { elements } from '../src/bson/elements.ts'
import { fromExtendedJson } from '../src/bson/from-extended-json.ts'
import { toDriver } from '../src/bson/to-driver.ts'
import { toExtendedJson } from '../src/bson/to-extended-json.ts'

const VALUES = {
  double: new Double(1),
  tiny: new Double(5e-324),
  huge: new Double(1e300),
  minus: new Double(-0),
  nan: new Double(NaN),
  infinite: new Double(-Infinity),
  text: 'a "b" \\ \u0000 \u2028 \u{1f600}',
  nested: { a: [1, { b: [] }], empty: {} },
  bytes: new Binary(Buffer.from([0, 255]), 0),
  old: new Binary(Buffer.from([1, 2, 3]), 2),
  uuid: new Binary(Buffer.alloc(16, 7), 4),
  id: new ObjectId('0123456789abcdef01234567'),
  yes: true,
  date: new Date(-1),
  nothing: null,
  pattern: new BSONRegExp('a/"', 'im'),
  code: new Code('f()'),
  scoped: new Code('f()', { x: 1 }),
  symbol: new BSONSymbol('s'),
  int: new Int32(-5),
  time: new Timestamp({ t: 4_294_967_295, i: 1 }),
  long: Long.MIN_VALUE,
  decimal: Decimal128.fromString('1.10'),
  least: new MinKey(),
  most: new MaxKey(),
}

describe('extended JSON', () => {
  for (const [name, value] of Object.entries(VALUES)) {
    it(`brings ${name} back byte for byte`, () => {
      const given = Buffer.from(BSON.serialize({ value }))
      assert.deepEqual(fromExtendedJson(toExtendedJson(given)), given)
    })
  }

  it('is what the driver writes, where the driver keeps the order', () => {
    const given = { i: new Int32(1), d: new Double(0.5), n: { s: 'x', l: Long.fromNumber(5) }, a: [true, null] }
    const ours = toExtendedJson(Buffer.from(BSON.serialize(given)))
    assert.equal(ours, BSON.EJSON.stringify(given, { relaxed: false }))
  })

  it('is read as older programs wrote it', () => {
    const read = fromExtendedJson(
      '{"v":2,"big":5000000000,"d":1.5,"at":{"$date":"2020-01-01T00:00:00Z"},"b":{"$binary":"AAE=","$type":"00"}}',
    )
    const types = Array.from(elements(read), ({ name, type }) => [name, type])
    assert.deepEqual(types, [
      ['v', 0x10],
      ['big', 0x12],
      ['d', 0x01],
      ['at', 0x09],
      ['b', 0x05],
    ])
  })

  it('leaves operators of queries what they are', () => {
    const filter = { $and: [{ a: { $gt: 1 } }, { $expr: { $eq: ['$a', '$b'] } }, { t: { $type: 'int' } }] }
    const given = Buffer.from(BSON.serialize(filter))
    assert.deepEqual(fromExtendedJson(toExtendedJson(given)), given)
  })

  it('of a text that is none is refused', () => {
    const texts = [
      '',
      '{',
      '{"a"}',
      '{"a":}',
      '[1,2',
      '{"a":1}x',
      '{"a":tru}',
      '"text"',
      '{"a":{"$numberLong":"x"}}',
      '['.repeat(300),
    ]
    for (const text of texts) assert.throws(() => fromExtendedJson(text), { name: 'BsonError' }, text)
  })

  it('is given to the driver so that it encodes the same bytes', () => {
    const given = Buffer.from(
      BSON.serialize(
        new Map<string, unknown>([
          ['b', new Double(2)],
          ['1', new Int32(1)],
          ['0', new Map([['5', [new Map([['4', Long.fromNumber(1)]])]]])],
        ]),
      ),
    )
    assert.deepEqual(Buffer.from(BSON.serialize(toDriver(given))), given)
  })
})
