import { BSON, type Db } from 'mongodb'

/**
 * Everything in a database as one text, read by the driver and in an order of its own; '' for nothing. Documents as hex
 * of their bytes: nothing that a client makes of them can hide a difference.
 */
export async function contentOf(db: Db): Promise<string> {
  const listed = await db.listCollections({}, { nameOnly: false }).toArray()
  const parts: string[] = []
  for (const { name, type, options } of listed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    parts.push(`${type} ${JSON.stringify(name)} ${BSON.EJSON.stringify(options ?? {})}`)
    if (type === 'view') continue
    const indexes = await db.collection(name).listIndexes().toArray()
    parts.push(...indexes.map((index) => `  index ${BSON.EJSON.stringify(index)}`).sort())
    const documents = (await db.collection(name).find({}, { raw: true }).toArray()) as unknown as Uint8Array[]
    parts.push(...documents.map((document) => `  ${Buffer.from(document).toString('hex')}`).sort())
  }
  return parts.join('\n')
}
