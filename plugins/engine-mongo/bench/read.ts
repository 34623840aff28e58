/**
 * `read.ts fill|cursor|archive URL DATABASE [DOCUMENTS]`, a process of its own for each: fills a database with documents
 * of 600 bytes, reads it by nothing but the driver's raw cursor, or dumps it as it is published. Build first.
 */
import { testHost } from 'dbvault/testing'
import { MongoClient } from 'mongodb'
import assert from 'node:assert/strict'
import type builtEngine from '../src/index.ts'
import { defaults } from '../test/support/flags.ts'

const [way, url = '', database = '', documents = '100000'] = process.argv.slice(2)
const BATCH = 1000
const COLLECTIONS = ['orders', 'events']

if (way === 'archive') await archive()
else {
  const client = new MongoClient(url, { directConnection: true })
  await (way === 'fill' ? fill(client) : cursor(client))
  await client.close()
}

async function fill(client: MongoClient): Promise<void> {
  const db = client.db(database)
  const each = Number(documents) / COLLECTIONS.length
  for (const name of COLLECTIONS) {
    for (let from = 0; from < each; from += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, n) => ({
        _id: (from + n) as never,
        customer: (from + n) % 9973,
        placed: new Date(1.7e12 + n),
        note: `${from + n} Lorem ipsum dolor sit amet `.repeat(15).slice(0, 500),
        amount: Math.random() * 1e6,
      }))
      await db.collection(name).insertMany(batch)
    }
  }
}

async function cursor(client: MongoClient): Promise<void> {
  let read = 0
  for (const name of COLLECTIONS)
    for await (const _ of client.db(database).collection(name).find({}, { raw: true })) read++
  assert.equal(read, Number(documents))
}

async function archive(): Promise<void> {
  const { default: engine } = (await import(new URL('../dist/index.js', import.meta.url).href)) as {
    default: typeof builtEngine
  }
  await using host = testHost()
  const source = { database, url: { reveal: () => url }, flags: { ...defaults, direct: true } }
  await using dump = engine.dump({ source, fingerprint: true }, host)
  for await (const { bytes } of dump.members) for await (const chunk of bytes) assert.ok(chunk.length > 0)
  await dump.fingerprint()
}
