import { BsonError } from './bson-error.ts'

/** An object with its members as they stand: in their order, and those of one name too. */
export interface JsonObject {
  readonly members: readonly (readonly [name: string, value: JsonValue])[]
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

const TOKEN = /\s*(?:([{}[\]:,])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null))/y
/** What MongoDB permits documents, and some for what is around them. */
const DEEPEST = 250

/** JSON.parse puts members whose names are numbers first. @throws BsonError */
export function parseJson(text: string): JsonValue {
  const tokens = new RegExp(TOKEN)
  let at = ''
  const fail = (): never => {
    throw new BsonError(`it is no JSON from character ${tokens.lastIndex} on`)
  }
  const next = (): string => {
    const before = tokens.lastIndex
    const match = tokens.exec(text)
    if (match === null) {
      tokens.lastIndex = before
      fail()
    }
    return (at = match?.slice(1).find((part) => part !== undefined) ?? '')
  }

  const value = (depth: number): JsonValue => {
    if (depth > DEEPEST) fail()
    switch (at) {
      case '{':
        return object(depth)
      case '[':
        return array(depth)
      default:
        return /^[\]}:,]$/.test(at) ? fail() : scalar()
    }
  }
  const scalar = (): JsonValue => {
    try {
      return JSON.parse(at) as JsonValue
    } catch {
      return fail()
    }
  }
  const object = (depth: number): JsonValue => {
    const members: [string, JsonValue][] = []
    if (next() === '}') return { members }
    for (;;) {
      const name = at.startsWith('"') ? (scalar() as string) : fail()
      if (next() !== ':') fail()
      next()
      members.push([name, value(depth + 1)])
      if (next() === '}') return { members }
      if (at !== ',') fail()
      next()
    }
  }
  const array = (depth: number): JsonValue => {
    const values: JsonValue[] = []
    if (next() === ']') return values
    for (;;) {
      values.push(value(depth + 1))
      if (next() === ']') return values
      if (at !== ',') fail()
      next()
    }
  }

  next()
  const parsed = value(0)
  if (text.slice(tokens.lastIndex).trim() !== '') fail()
  return parsed
}
