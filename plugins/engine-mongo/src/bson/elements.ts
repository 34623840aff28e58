import { BsonError } from './bson-error.ts'

/** One field of a document: its name, its type, and the bytes of its value as they stand. */
export interface Element {
  readonly type: number
  readonly name: string
  readonly value: Buffer
}

/** The types of BSON (bsonspec.org) that are read here by name. */
export const TYPE = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
} as const

/** Types with values of one length. */
const FIXED: Readonly<Record<number, number>> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
}

/** The fields of a document in their order, also of those that have one name. @throws BsonError */
export function* elements(document: Buffer): Generator<Element> {
  const end = document.length - 1
  if (end < 4 || document.readInt32LE(0) !== document.length || document[end] !== 0) {
    throw new BsonError('a document has not the length that it says')
  }
  for (let at = 4; at < end;) {
    const type = document.readUInt8(at)
    const nameEnd = document.indexOf(0, at + 1)
    if (nameEnd < 0 || nameEnd >= end) throw new BsonError('the name of a field has no end')
    const name = document.toString('utf8', at + 1, nameEnd)
    const from = nameEnd + 1
    const to = from + lengthOf(type, document, from, end)
    if (to > end) throw new BsonError('a field reaches beyond its document')
    yield { type, name, value: document.subarray(from, to) }
    at = to
  }
}

function lengthOf(type: number, document: Buffer, from: number, end: number): number {
  const fixed = FIXED[type]
  if (fixed !== undefined) return fixed
  const prefix = (): number => {
    const length = from + 4 <= end ? document.readInt32LE(from) : -1
    if (length < 0) throw new BsonError('a field has no length')
    return length
  }
  switch (type) {
    case 0x02:
    case 0x0d:
    case 0x0e:
      return 4 + prefix()
    case 0x03:
    case 0x04:
    case 0x0f:
      return prefix()
    case 0x05:
      return 5 + prefix()
    case 0x0c:
      return 4 + prefix() + 12
    case 0x0b: {
      const pattern = document.indexOf(0, from)
      const options = pattern < 0 ? -1 : document.indexOf(0, pattern + 1)
      if (options < 0) throw new BsonError('a regular expression has no end')
      return options + 1 - from
    }
    default:
      throw new BsonError(`there is no type ${type} of BSON`)
  }
}

/** The first field of this name. */
export function elementOf(document: Buffer, name: string): Element | undefined {
  return elements(document).find((element) => element.name === name)
}

/** @throws BsonError when the field is there and is no text */
export function textOf(document: Buffer, name: string): string | undefined {
  const element = elementOf(document, name)
  if (element === undefined) return undefined
  if (element.type !== TYPE.string) throw new BsonError(`the field ${JSON.stringify(name)} is no text`)
  return textIn(element.value)
}

/** @throws BsonError when the field is there and is no document or array */
export function documentOf(document: Buffer, name: string): Buffer | undefined {
  const element = elementOf(document, name)
  if (element === undefined) return undefined
  if (element.type !== TYPE.document && element.type !== TYPE.array) {
    throw new BsonError(`the field ${JSON.stringify(name)} is no document`)
  }
  return element.value
}

/** The text in the value of a string: its length comes first, a zero last. */
export function textIn(value: Buffer): string {
  return value.toString('utf8', 4, value.length - 1)
}
