import { BSON } from 'mongodb'
import { document as build, field } from './build.ts'
import { elements, TYPE, type Element } from './elements.ts'

/** A document that the driver encodes to the same bytes again: in an object, names that are numbers would change places. */
export function toDriver(document: Buffer): Map<string, unknown> {
  return new Map(Array.from(elements(document), (element) => [element.name, valueOf(element)]))
}

function valueOf({ type, value }: Element): unknown {
  if (type === TYPE.document) return toDriver(value)
  if (type === TYPE.array) return Array.from(elements(value), valueOf)
  const leaf = BSON.deserialize(build(field(type, 'value', value)), {
    promoteValues: false,
    promoteBuffers: false,
    bsonRegExp: true,
  })
  return leaf['value']
}
