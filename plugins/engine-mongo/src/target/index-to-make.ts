import { documentOf } from '../bson/elements.ts'
import { toDriver } from '../bson/to-driver.ts'
import { portableIndex } from '../fingerprint/definition.ts'

/**
 * An index as `createIndexes` is given it. The key of a text index is listed as the server keeps it, `_fts` in the place
 * of its fields; not every server takes that for the same.
 */
export function indexToMake(index: Buffer): Map<string, unknown> {
  const portable = portableIndex(index)
  const made = toDriver(portable)
  const key = documentOf(portable, 'key')
  const weights = documentOf(portable, 'weights')
  if (key === undefined || weights === undefined) return made
  const fields = Array.from(toDriver(key)).flatMap(([name, value]): [string, unknown][] => {
    if (name === '_ftsx') return []
    return name === '_fts' ? Array.from(toDriver(weights).keys(), (field) => [field, 'text']) : [[name, value]]
  })
  return made.set('key', new Map(fields))
}
