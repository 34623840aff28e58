import type { CollectionEntry, IndexEntry, MongoFingerprint } from './fingerprint.ts'

const SHOWN = 20

/** One line for each difference, at most a screenful. No data of documents. */
export function differences(expected: MongoFingerprint, found: MongoFingerprint): string[] {
  const all = [...differentCollections(expected, found)]
  return all.length <= SHOWN ? all : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}

function* differentCollections(expected: MongoFingerprint, found: MongoFingerprint): Generator<string> {
  const rest = new Map(found.collections.map((entry) => [entry[0], entry]))
  for (const entry of expected.collections) {
    const other = rest.get(entry[0])
    rest.delete(entry[0])
    if (other === undefined) yield `${nameOf(entry)} is missing`
    else yield* differentEntries(entry, other)
  }
  for (const entry of rest.values()) yield `${nameOf(entry)} was not there when the dump was made`
}

function* differentEntries(expected: CollectionEntry, found: CollectionEntry): Generator<string> {
  const name = nameOf(expected)
  const [, type, documents, sum, options, indexes] = expected
  if (type !== found[1]) yield `${name} is a ${found[1]}`
  else if (documents !== found[2]) yield `${name} has ${found[2]} documents instead of ${documents}`
  else if (sum !== found[3]) yield `${name} has the right number of documents, but other content`
  if (options !== found[4]) yield `${name} has other options`
  yield* differentIndexes(name, indexes, found[5])
}

function* differentIndexes(
  name: string,
  expected: readonly IndexEntry[],
  found: readonly IndexEntry[],
): Generator<string> {
  const rest = new Map(found)
  for (const [index, digest] of expected) {
    const other = rest.get(index)
    rest.delete(index)
    if (other === undefined) yield `${name} lacks the index ${JSON.stringify(index)}`
    else if (other !== digest) yield `${name} has another index ${JSON.stringify(index)}`
  }
  for (const index of rest.keys()) yield `${name} has an index ${JSON.stringify(index)} that was not there`
}

/** Names may hold line breaks and quotes. */
function nameOf([name, type]: CollectionEntry): string {
  return `${type} ${JSON.stringify(name)}`
}
