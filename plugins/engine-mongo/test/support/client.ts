import { MongoClient } from 'mongodb'
import { testMongo, type TestMongo } from '../../../../test/servers/mongo.ts'

const clients = new Map<string, MongoClient>()

/** A client of the tests' own, with every right; one for each server. */
export function clientOf(mongo: TestMongo): MongoClient {
  const known = clients.get(mongo.url) ?? new MongoClient(mongo.url, { directConnection: true })
  clients.set(mongo.url, known)
  return known
}

export async function testClient(): Promise<{ mongo: TestMongo; client: MongoClient }> {
  const mongo = await testMongo()
  return { mongo, client: clientOf(mongo) }
}

after(async () => {
  for (const client of clients.values()) await client.close()
  clients.clear()
})
