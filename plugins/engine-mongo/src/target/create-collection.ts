import { isIdIndex, type Collection } from '../archive/collection.ts'
import { elements, type Element } from '../bson/elements.ts'
import { toDriver } from '../bson/to-driver.ts'
import { portableOptions, without } from '../fingerprint/definition.ts'
import { asRefusal } from '../server/as-refusal.ts'
import type { Server } from '../server/server.ts'
import { indexToMake } from './index-to-make.ts'

/** Set when the documents are there: some may have been valid once, and some would expire. */
const LATER = ['validator', 'validationLevel', 'validationAction', 'expireAfterSeconds']

/** Makes a collection without what would refuse or remove documents. */
export async function createCollection(
  server: Server,
  database: string,
  collection: Collection,
  name: string,
): Promise<void> {
  const options = toDriver(without(portableOptions(collection.options), LATER))
  await asRefusal(collection.name, server.command(database, { create: name, ...Object.fromEntries(options) }))
}

/** Makes the indexes and what else was left for later. */
export async function finishCollection(
  server: Server,
  database: string,
  collection: Collection,
  name: string,
): Promise<void> {
  const indexes = collection.indexes.filter((index) => !isIdIndex(index) && !isClusteredIndex(index))
  if (indexes.length > 0) {
    await asRefusal(
      collection.name,
      server.command(database, { createIndexes: name, indexes: indexes.map(indexToMake) }),
    )
  }
  const later = elements(collection.options).filter((option) => LATER.includes(option.name))
  const changes = Object.fromEntries(Array.from(later, (option) => [option.name, valueIn(collection.options, option)]))
  if (Object.keys(changes).length === 0) return
  await asRefusal(collection.name, server.command(database, { collMod: name, ...changes }))
}

export async function createView(server: Server, database: string, view: Collection, name: string): Promise<void> {
  const options = Object.fromEntries(toDriver(portableOptions(view.options)))
  await asRefusal(view.name, server.command(database, { create: name, ...options }))
}

function valueIn(options: Buffer, { name }: Element): unknown {
  return toDriver(options).get(name)
}

/** It is listed like an index and made with the collection. */
function isClusteredIndex(index: Buffer): boolean {
  return elements(index).some(({ name }) => name === 'clustered')
}
