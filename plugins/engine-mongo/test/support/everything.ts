import {
  BSONRegExp,
  BSONSymbol,
  Binary,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  type Db,
} from 'mongodb'

/** Stands once, in one document. */
export const marker = 'findthismarkeronce'

const ID = new ObjectId('0123456789abcdef01234567')

/** Values of every type that documents can have, at their limits. */
const VALUES: readonly unknown[] = [
  new Double(0.1),
  new Double(-0),
  new Double(NaN),
  new Double(Infinity),
  new Double(5e-324),
  new Double(2),
  'text \u0000 with a zero, \u{1f600} \u200f\u05e2\u05d1',
  '',
  new Map<string, unknown>([
    ['z', 1],
    ['1', 1],
    ['0', 2],
    ['a.b', 3],
    ['$c', 4],
    ['', 5],
  ]),
  [1, [2, [], {}]],
  new Binary(Buffer.from([0, 255]), 0),
  new Binary(Buffer.alloc(0), 128),
  new Binary(Buffer.from('md5md5md5md5md5m'), 5),
  new UUID('00112233-4455-6677-8899-aabbccddeeff'),
  ID,
  true,
  false,
  new Date(0),
  new Date(-8.64e15),
  null,
  new BSONRegExp('a/"\\d+', 'im'),
  new DBRef('other', ID, 'elsewhere'),
  new Code('function () { return "x" }'),
  new Code('x', { x: 1 }),
  new BSONSymbol('old'),
  new Int32(-2_147_483_648),
  new Timestamp({ t: 1, i: 2 }),
  Long.MAX_VALUE,
  Long.MIN_VALUE,
  Decimal128.fromString('1.10'),
  Decimal128.fromString('NaN'),
  new MinKey(),
  new MaxKey(),
]

/** What can be a key; no server takes arrays, regular expressions and names with a dollar for one. */
const IDS = VALUES.filter(
  (value) => ![Array, BSONRegExp, Map, DBRef].some((refused) => value instanceof (refused as never)),
)

/** One of everything that a dump can hold and that the tests' server has. */
export async function fillWithEverything(db: Db): Promise<void> {
  const options = { ignoreUndefined: false, checkKeys: false }
  await db.collection('types').insertMany(
    VALUES.map((value, place) => ({ _id: new Int32(place), value }) as never),
    options,
  )
  const ids = new Map(IDS.map((id) => [keyOf(id), { _id: id, of: 'every type' }]))
  await db.collection('ids').insertMany(
    Array.from(ids.values(), (document) => document as never),
    options,
  )
  await db.createCollection('empty')
  await db
    .collection('dots.and.\u{1f600} "quotes"')
    .insertMany([{ _id: 1 as never }, { _id: 2 as never, note: marker }])
  await db.collection('x'.repeat(190)).insertOne({ long: 'name' })
  await db.collection('timestamps').insertOne({ _id: 1 as never, zero: new Timestamp({ t: 0, i: 0 }) })

  const indexed = db.collection('indexed')
  await indexed.insertMany(
    Array.from({ length: 50 }, (_, n) => ({ n, s: `text ${n}`, at: [n, -n], h: n % 7, p: n - 25 })),
  )
  await db.command({
    createIndexes: 'indexed',
    indexes: [
      {
        key: new Map([
          ['n', 1],
          ['7', -1],
          ['0', 1],
        ]),
        name: 'in order',
        unique: true,
        sparse: true,
      },
      { key: { p: 1 }, name: 'partial', partialFilterExpression: { p: { $gt: 1 } } },
      { key: { s: 'text' }, name: 'words', default_language: 'german', weights: { s: 3 } },
      { key: { at: '2dsphere' }, name: 'sphere' },
      { key: { h: 'hashed' }, name: 'hashed' },
      { key: { '$**': 1 }, name: 'wild' },
      { key: { 'a.b.c': -1, d: 1 }, name: 'deep "quoted" \u{1f600}' },
    ],
  })
  await db.command({ createIndexes: 'expiring', indexes: [{ key: { at: 1 }, name: 'ttl', expireAfterSeconds: 3600 }] })
  await db.collection('expiring').insertOne({ at: new Date(Date.now() + 1e9) })

  const checked = db.collection('checked')
  await checked.insertMany([{ n: 1 }, { n: 'not valid, and there before' }])
  await db.command({ collMod: 'checked', validator: { n: { $type: 'int' } } })

  await db
    .collection('account')
    .insertMany(Array.from({ length: 500 }, (_, id) => ({ _id: id as never, amount: 1000 })))
  await db
    .collection('bulk')
    .insertMany(
      Array.from({ length: 1500 }, (_, n) => ({ _id: n as never, body: `${n}`.padStart(8, '0').repeat(110) })),
    )
}

/** To a server, numbers of all types are equal when their values are. */
function keyOf(value: unknown): string {
  const isNumber = [Double, Int32, Long, Decimal128].some((type) => value instanceof (type as never))
  return isNumber
    ? `number ${Number(String(value)) + 0}`
    : `${(value as { _bsontype?: string } | null)?._bsontype ?? typeof value} ${JSON.stringify(value)}`
}
