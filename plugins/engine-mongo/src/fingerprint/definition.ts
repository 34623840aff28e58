import { hash } from 'node:crypto'
import { indexName, type Collection } from '../archive/collection.ts'
import { document, field } from '../bson/build.ts'
import { elements, TYPE, type Element } from '../bson/elements.ts'
import { toExtendedJson } from '../bson/to-extended-json.ts'
import type { IndexEntry } from './fingerprint.ts'

/** What the server decides for itself, or keeps from times long gone. */
const NOT_OF_INDEX = new Set(['v', 'ns', 'background'])
const NOT_OF_OPTIONS = new Set(['autoIndexId', 'recordIdsReplicated', 'uuid'])

/** An index as it is made anew and as it is compared. */
export function portableIndex(index: Buffer): Buffer {
  return kept(index, ({ name, value, type }) => {
    if (NOT_OF_INDEX.has(name)) return false
    return name !== 'storageEngine' || (type === TYPE.document && !isForeignEngine(value))
  })
}

/** Options as a collection is made anew with them and as they are compared. */
export function portableOptions(options: Buffer): Buffer {
  return kept(options, ({ name }) => !NOT_OF_OPTIONS.has(name))
}

export function without(options: Buffer, names: readonly string[]): Buffer {
  return kept(options, ({ name }) => !names.includes(name))
}

/** Of the options: the fields in the order of their names, for servers list them in their own. */
export function digestOf({ options }: Collection): string {
  return digestOfDefinition(portableOptions(options))
}

export function indexDigests({ indexes }: Collection): IndexEntry[] {
  return indexes
    .map((index): IndexEntry => [indexName(index), digestOfDefinition(portableIndex(index))])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function digestOfDefinition(definition: Buffer): string {
  const fields = Array.from(elements(definition)).sort((a, b) => (a.name < b.name ? -1 : 1))
  return hash('sha256', toExtendedJson(rebuilt(fields)), 'hex').slice(0, 16)
}

/** What other servers than MongoDB say here is no setting of a storage engine, and MongoDB refuses it. */
function isForeignEngine(value: Buffer): boolean {
  return elements(value).some(({ type }) => type !== TYPE.document)
}

function kept(definition: Buffer, keep: (element: Element) => boolean): Buffer {
  return rebuilt(Array.from(elements(definition)).filter(keep))
}

function rebuilt(fields: readonly Element[]): Buffer {
  return document(...fields.map(({ type, name, value }) => field(type, name, value)))
}
