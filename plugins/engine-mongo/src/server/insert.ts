import type { Document } from 'mongodb'
// Not of the driver's public interface, and there is no public way to send documents without taking them apart: names
// that are numbers would change places, and types that JavaScript has not would become others. Hence the version in
// package.json; a test sends every type.
import commands from 'mongodb/lib/cmap/commands.js'
import { array, document as build, field } from '../bson/build.ts'
import { elementOf, elements, TYPE } from '../bson/elements.ts'
import { isAtLeast } from '../archive/archive-format.ts'
import { asRefusal } from './as-refusal.ts'
import { RefusedError } from './refused-error.ts'
import type { Server } from './server.ts'

interface Sequence {
  push(document: object, bytes: Uint8Array): number
}
const { DocumentSequence } = commands as { DocumentSequence: new (field: string) => Sequence }

const PLACEHOLDER = {}
const ZERO = Buffer.alloc(8)

/** Puts documents into a collection, byte for byte. @throws RefusedError, and what the server throws */
export async function insertDocuments(
  server: Server,
  database: string,
  collection: string,
  documents: readonly Buffer[],
  options: Document = {},
): Promise<void> {
  const keepsZero = keepsZeroTimestamps(server.version)
  const answer = await asRefusal(
    collection,
    server.command(database, {
      insert: collection,
      ordered: true,
      ...(keepsZero && { bypassEmptyTsReplacement: true }),
      ...options,
      documents: sequenceOf('documents', documents),
    }),
  )
  requireAll(collection, documents.length, answer)
  if (keepsZero) return
  const changed = documents.filter(hasZeroTimestamp)
  if (changed.length > 0) await putBack(server, database, collection, changed)
}

/** What the server has set to its own time is written again, in a way that it keeps. */
async function putBack(
  server: Server,
  database: string,
  collection: string,
  documents: readonly Buffer[],
): Promise<void> {
  const updates = documents.map((document) => {
    const id = elementOf(document, '_id')
    const query = build(...(id ? [field(id.type, '_id', id.value)] : []))
    const literal = build(field(TYPE.document, '$literal', document))
    const pipeline = array([build(field(TYPE.document, '$replaceWith', literal))])
    return build(field(TYPE.document, 'q', query), field(TYPE.array, 'u', pipeline))
  })
  const answer = await asRefusal(
    collection,
    server.command(database, { update: collection, ordered: true, updates: sequenceOf('updates', updates) }),
  )
  requireAll(collection, updates.length, answer)
}

function sequenceOf(name: string, documents: readonly Buffer[]): Sequence {
  const sequence = new DocumentSequence(name)
  for (const document of documents) sequence.push(PLACEHOLDER, document)
  return sequence
}

function requireAll(collection: string, wanted: number, answer: Document): void {
  const [failed] = (answer['writeErrors'] ?? []) as { code: number; errmsg?: string }[]
  if (failed !== undefined) throw new RefusedError(collection, failed.code, failed.errmsg ?? '')
  const done = Number(answer['n'])
  if (done !== wanted) throw new RefusedError(collection, 0, `${done} of ${wanted} documents were taken`)
}

/** Since 8.0, and in the last releases of the series before. */
function keepsZeroTimestamps(version: string): boolean {
  if (isAtLeast(version, [8, 0])) return true
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const since: Readonly<Record<number, number>> = { 5: 29, 6: 17, 7: 13 }
  return minor === 0 && patch >= (since[major] ?? Infinity)
}

/** A server sets a field of this kind, unless it is `_id` or stands deeper, to its own time. */
function hasZeroTimestamp(document: Buffer): boolean {
  if (!document.includes(ZERO)) return false
  return elements(document).some(
    ({ type, name, value }) => type === TYPE.timestamp && name !== '_id' && value.equals(ZERO),
  )
}
