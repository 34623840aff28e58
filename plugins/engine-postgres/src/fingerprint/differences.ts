import type { Position, PostgresFingerprint, SequenceEntry } from './fingerprint.ts'

const SHOWN = 20

/** One line for each difference, at most a screenful. No row data. */
export function differences(expected: PostgresFingerprint, found: PostgresFingerprint): string[] {
  const content = [
    ...differentTables(expected, found),
    ...differentSequences(expected, found),
    ...differentLargeObjects(expected, found),
    ...differentObjects(expected, found),
  ]
  // A table that is missing makes columns and more differ, which says nothing new.
  const all = content.length > 0 ? content : [...differentDefinitions(expected, found)]
  return all.length <= SHOWN ? all : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}

function* differentTables(expected: PostgresFingerprint, found: PostgresFingerprint): Generator<string> {
  const rest = new Map(found.tables.map((entry) => [keyOf(entry), entry]))
  for (const entry of expected.tables) {
    const [schema, name, rows, sum] = entry
    const other = rest.get(keyOf(entry))
    rest.delete(keyOf(entry))
    if (other === undefined) yield `table ${show(schema, name)} is missing`
    else if (other[2] !== rows) yield `table ${show(schema, name)} has ${other[2]} rows instead of ${rows}`
    else if (other[3] !== sum) yield `table ${show(schema, name)} has the right number of rows, but other content`
  }
  for (const [schema, name] of rest.values()) yield `table ${show(schema, name)} was not there when the dump was made`
}

function* differentSequences(expected: PostgresFingerprint, found: PostgresFingerprint): Generator<string> {
  const rest = new Map(found.sequences.map((entry) => [keyOf(entry), entry]))
  for (const entry of expected.sequences) {
    const [schema, name] = entry
    const other = rest.get(keyOf(entry))
    rest.delete(keyOf(entry))
    if (other === undefined) yield `sequence ${show(schema, name)} is missing`
    else if (!liesBetween(other[4], entry)) {
      yield `sequence ${show(schema, name)} stands at ${positionText(other[4])}, not between ${positionText(entry[4])} and ${positionText(entry[5] ?? entry[4])}`
    }
  }
  for (const [schema, name] of rest.values())
    yield `sequence ${show(schema, name)} was not there when the dump was made`
}

/** A sequence that others use while it is dumped can have any position between the two; one that cycles, any at all. */
function liesBetween(position: Position, [, , increment, cycles, before, after]: SequenceEntry): boolean {
  if (after === null) return true
  const next = ([last, called]: Position): bigint => BigInt(last) + (called ? BigInt(increment) : 0n)
  const [from, at, to] = [next(before), next(position), next(after)]
  const [low, high] = from < to ? [from, to] : [to, from]
  return (cycles && from !== to) || (at >= low && at <= high)
}

function* differentLargeObjects(expected: PostgresFingerprint, found: PostgresFingerprint): Generator<string> {
  const [wanted, got] = [expected.largeObjects, found.largeObjects]
  if (wanted[0] !== got[0]) yield `there are ${got[0]} large objects instead of ${wanted[0]}`
  else if (wanted[1] !== got[1]) yield 'the large objects are as many as they were, but of other content'
}

function* differentObjects(expected: PostgresFingerprint, found: PostgresFingerprint): Generator<string> {
  for (const kind of new Set([...Object.keys(expected.objects), ...Object.keys(found.objects)])) {
    const [wanted, got] = [expected.objects[kind] ?? 0, found.objects[kind] ?? 0]
    if (wanted !== got) yield `there are ${got} ${kind} instead of ${wanted}`
  }
}

function* differentDefinitions(expected: PostgresFingerprint, found: PostgresFingerprint): Generator<string> {
  const [wanted, got] = [expected.definitions, found.definitions]
  if (wanted === undefined || got === undefined || wanted.server !== got.server) return
  for (const kind of new Set([...Object.keys(wanted.digests), ...Object.keys(got.digests)])) {
    if (wanted.digests[kind] !== got.digests[kind]) yield `the ${kind} are not defined as they were`
  }
}

function positionText([last, called]: Position): string {
  return called ? `after ${last}` : `before ${last}`
}

function keyOf([schema, name]: readonly [string, string, ...unknown[]]): string {
  return JSON.stringify([schema, name])
}

/** Names may hold line breaks and quotes. */
function show(schema: string, name: string): string {
  return JSON.stringify(`${schema}.${name}`)
}
