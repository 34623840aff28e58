import type { Source } from 'dbvault'
import type { EngineHarness, TargetFixture } from 'dbvault/testing'
import { randomBytes } from 'node:crypto'
import type { Db } from 'mongodb'
import { testMongo, type TestMongo } from '../../../../test/servers/mongo.ts'
import type { Flags } from '../../src/descriptor.ts'
import engine from '../../src/index.ts'
import { testClient } from './client.ts'
import { contentOf } from './content.ts'
import { fillWithEverything, marker } from './everything.ts'
import { defaults } from './flags.ts'
import { startWriter } from './writer.ts'

export function at(mongo: TestMongo, database: string, flags: Partial<Source<Flags>['flags']> = {}): Source<Flags> {
  return {
    database,
    host: mongo.host,
    port: mongo.port,
    user: mongo.user,
    password: { reveal: () => mongo.password },
    flags: { ...defaults, ...flags },
  }
}

/** A name that no other test uses. */
export function databaseName(start: string): string {
  return `${start}_${randomBytes(5).toString('hex')}`
}

export const harness: EngineHarness<Flags> = {
  engine,
  async source() {
    const { mongo, client } = await testClient()
    const database = databaseName('source')
    const db = client.db(database)
    await fillWithEverything(db)
    let changes = 0
    return {
      source: at(mongo, database),
      marker,
      content: () => contentOf(db),
      async change() {
        await db.collection('account').updateOne({ _id: 7 as never }, { $set: { amount: --changes } })
      },
      startWriter: () => startWriter(db),
      async [Symbol.asyncDispose]() {
        await db.dropDatabase()
      },
    }
  },
  emptyTarget: () => target(async () => {}),
  occupiedTarget: () =>
    target(async (db) => {
      await db.collection('old').insertOne({ x: 1 })
      await db.collection('account').insertOne({ x: 'has the name of another' })
      await db.collection('account').createIndex({ x: 1 })
    }),
  absentSource: async () => at(await testMongo(), 'nowhere'),
  unreachableSource: async () => ({ ...at(await testMongo(), 'any'), port: 1 }),
  deniedSource: async () => ({ ...at(await testMongo(), 'any'), password: { reveal: () => 'not the canary' } }),
  async leftovers() {
    const { client } = await testClient()
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
    const found: string[] = []
    for (const { name } of databases) {
      if (name.startsWith('dbvault_')) found.push(`database ${name}`)
      for (const collection of await client.db(name).listCollections({}, { nameOnly: true }).toArray()) {
        if (collection.name.startsWith('dbvault_')) found.push(`collection ${name}.${collection.name}`)
      }
    }
    return found
  },
}

async function target(prepare: (db: Db) => Promise<void>): Promise<TargetFixture<Flags>> {
  const { mongo, client } = await testClient()
  const database = databaseName('target')
  const db = client.db(database)
  await prepare(db)
  return {
    target: at(mongo, database),
    content: () => contentOf(db),
    async [Symbol.asyncDispose]() {
      await db.dropDatabase()
    },
  }
}
