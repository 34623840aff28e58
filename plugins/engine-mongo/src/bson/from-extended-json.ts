import { BSON } from 'mongodb'
import { BsonError } from './bson-error.ts'
import { document, field, int32Value, int64Value, textValue } from './build.ts'
import { parseJson, type JsonObject, type JsonValue } from './parse-json.ts'

/** A value with its type, encoded. */
type Encoded = readonly [type: number, value: Uint8Array]

/**
 * A document from Extended JSON, canonical or as older programs wrote it, field for field in its order.
 * @throws BsonError
 */
export function fromExtendedJson(text: string): Buffer {
  const value = parseJson(text)
  if (!isObject(value)) throw new BsonError('it is not the text of a document')
  return encodeObject(value)
}

function encodeObject({ members }: JsonObject): Buffer {
  return document(...members.map(([name, value]) => field(...named(name, encode(value)))))
}

function named(name: string, [type, value]: Encoded): [number, string, Uint8Array] {
  if (name.includes('\0')) throw new BsonError('a name holds a zero')
  return [type, name, value]
}

function encode(value: JsonValue): Encoded {
  if (value === null) return [0x0a, Buffer.alloc(0)]
  if (typeof value === 'string') return [0x02, textValue(value)]
  if (typeof value === 'boolean') return [0x08, Buffer.of(value ? 1 : 0)]
  if (typeof value === 'number') return encodeNumber(value)
  if (Array.isArray(value)) {
    return [0x04, document(...value.map((each, place) => field(...named(String(place), encode(each)))))]
  }
  return encodeSpecial(value as JsonObject) ?? [0x03, encodeObject(value as JsonObject)]
}

function encodeNumber(value: number): Encoded {
  if (Number.isInteger(value) && !Object.is(value, -0)) {
    if (value === (value | 0)) return [0x10, int32Value(value)]
    if (Number.isSafeInteger(value)) return [0x12, int64Value(BigInt(value))]
  }
  return [0x01, doubleValue(value)]
}

/** An object that stands for a value of another type; undefined for one that is simply a document. */
function encodeSpecial(object: JsonObject): Encoded | undefined {
  const [first, second] = object.members
  if (first === undefined || object.members.length > 2) return undefined
  const [name, value] = first
  if (second !== undefined) return encodePair(object)
  switch (name) {
    case '$numberInt':
      return [0x10, int32Value(Number(textIn(value)))]
    case '$numberLong':
      return [0x12, int64Value(bigintIn(value))]
    case '$numberDouble':
      return [0x01, doubleValue(Number(textIn(value)))]
    case '$numberDecimal':
      return [0x13, BSON.Decimal128.fromString(textIn(value)).bytes]
    case '$oid':
      return [0x07, hexIn(value, 12)]
    case '$date':
      return [0x09, int64Value(dateIn(value))]
    case '$binary':
      return isObject(value) ? binary(textIn(get(value, 'base64')), textIn(get(value, 'subType'))) : undefined
    case '$timestamp':
      return [0x11, Buffer.concat([uint32(get(value, 'i')), uint32(get(value, 't'))])]
    case '$regularExpression':
      return [0x0b, Buffer.from(`${cstring(get(value, 'pattern'))}\0${cstring(get(value, 'options'))}\0`)]
    case '$code':
      return [0x0d, textValue(textIn(value))]
    case '$symbol':
      return [0x0e, textValue(textIn(value))]
    case '$dbPointer':
      return [0x0c, Buffer.concat([textValue(textIn(get(value, '$ref'))), hexIn(get(get(value, '$id'), '$oid'), 12)])]
    case '$undefined':
      return [0x06, Buffer.alloc(0)]
    case '$minKey':
      return [0xff, Buffer.alloc(0)]
    case '$maxKey':
      return [0x7f, Buffer.alloc(0)]
    default:
      return undefined
  }
}

function encodePair(object: JsonObject): Encoded | undefined {
  const names = object.members.map(([name]) => name).sort()
  const is = (...wanted: string[]): boolean => wanted.every((name, place) => names[place] === name)
  if (is('$code', '$scope')) {
    const [code, scope] = [textValue(textIn(get(object, '$code'))), encode(get(object, '$scope'))[1]]
    return [0x0f, Buffer.concat([int32Value(4 + code.length + scope.length), code, scope])]
  }
  const [base64, subType] = [get(object, '$binary', null), get(object, '$type', null)]
  if (is('$binary', '$type') && typeof base64 === 'string' && typeof subType === 'string')
    return binary(base64, subType)
  return undefined
}

function binary(base64: string, subType: string): Encoded {
  const type = Number.parseInt(subType, 16)
  const bytes = Buffer.from(base64, 'base64')
  const data = type === 2 ? Buffer.concat([int32Value(bytes.length), bytes]) : bytes
  return [0x05, Buffer.concat([int32Value(data.length), Buffer.of(type), data])]
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function get(value: JsonValue, name: string, otherwise?: null): JsonValue {
  const found = isObject(value) ? value.members.find(([member]) => member === name)?.[1] : undefined
  if (found !== undefined) return found
  if (otherwise === null) return null
  throw new BsonError(`${JSON.stringify(name)} is missing`)
}

function textIn(value: JsonValue): string {
  if (typeof value !== 'string') throw new BsonError('a value of a type is no text')
  return value
}

function cstring(value: JsonValue): string {
  const text = textIn(value)
  if (text.includes('\0')) throw new BsonError('a regular expression holds a zero')
  return text
}

function bigintIn(value: JsonValue): bigint {
  const text = textIn(value)
  if (!/^-?\d+$/.test(text)) throw new BsonError(`${JSON.stringify(text)} is no whole number`)
  return BigInt(text)
}

function dateIn(value: JsonValue): bigint {
  if (isObject(value)) return bigintIn(get(value, '$numberLong'))
  const time = typeof value === 'number' ? value : Date.parse(textIn(value))
  if (!Number.isSafeInteger(time)) throw new BsonError('a date is none')
  return BigInt(time)
}

function hexIn(value: JsonValue, bytes: number): Buffer {
  const read = Buffer.from(textIn(value), 'hex')
  if (read.length !== bytes) throw new BsonError('an id has another length')
  return read
}

function uint32(value: JsonValue): Buffer {
  if (typeof value !== 'number' || value !== value >>> 0) throw new BsonError('a timestamp is none')
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function doubleValue(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(value)
  return bytes
}
