import { BSON } from 'mongodb'
import { BsonError } from './bson-error.ts'
import { elements, textIn } from './elements.ts'

/**
 * A document as canonical Extended JSON (v2), field for field in its order: what the driver's own does not keep where
 * names are numbers or stand twice.
 */
export function toExtendedJson(document: Buffer): string {
  return `{${Array.from(elements(document), ({ name, type, value }) => `${quote(name)}:${valueText(type, value)}`).join(',')}}`
}

function valueText(type: number, value: Buffer): string {
  switch (type) {
    case 0x01:
      return `{"$numberDouble":"${doubleText(value.readDoubleLE())}"}`
    case 0x02:
      return quote(textIn(value))
    case 0x03:
      return toExtendedJson(value)
    case 0x04:
      return `[${Array.from(elements(value), (element) => valueText(element.type, element.value)).join(',')}]`
    case 0x05:
      return binaryText(value)
    case 0x06:
      return '{"$undefined":true}'
    case 0x07:
      return `{"$oid":"${value.toString('hex')}"}`
    case 0x08:
      return value[0] === 0 ? 'false' : 'true'
    case 0x09:
      return `{"$date":{"$numberLong":"${value.readBigInt64LE()}"}}`
    case 0x0a:
      return 'null'
    case 0x0b: {
      const end = value.indexOf(0)
      const [pattern, options] = [value.toString('utf8', 0, end), value.toString('utf8', end + 1, value.length - 1)]
      return `{"$regularExpression":{"pattern":${quote(pattern)},"options":${quote(options)}}}`
    }
    case 0x0c: {
      const id = value.length - 12
      return `{"$dbPointer":{"$ref":${quote(textIn(value.subarray(0, id)))},"$id":{"$oid":"${value.toString('hex', id)}"}}}`
    }
    case 0x0d:
      return `{"$code":${quote(textIn(value))}}`
    case 0x0e:
      return `{"$symbol":${quote(textIn(value))}}`
    case 0x0f: {
      const scope = 8 + value.readInt32LE(4)
      return `{"$code":${quote(textIn(value.subarray(4, scope)))},"$scope":${toExtendedJson(value.subarray(scope))}}`
    }
    case 0x10:
      return `{"$numberInt":"${value.readInt32LE()}"}`
    case 0x11:
      return `{"$timestamp":{"t":${value.readUInt32LE(4)},"i":${value.readUInt32LE(0)}}}`
    case 0x12:
      return `{"$numberLong":"${value.readBigInt64LE()}"}`
    case 0x13:
      return `{"$numberDecimal":"${new BSON.Decimal128(value).toString()}"}`
    case 0x7f:
      return '{"$maxKey":1}'
    case 0xff:
      return '{"$minKey":1}'
    default:
      throw new BsonError(`there is no type ${type} of BSON`)
  }
}

function binaryText(value: Buffer): string {
  const subtype = value.readUInt8(4)
  // The oldest subtype for bytes has its length twice.
  const data = value.subarray(subtype === 2 ? 9 : 5)
  return `{"$binary":{"base64":"${data.toString('base64')}","subType":"${subtype.toString(16).padStart(2, '0')}"}}`
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
}

function quote(text: string): string {
  return JSON.stringify(text)
}
