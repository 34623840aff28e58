import { TYPE } from './elements.ts'

/** A document of fields that are encoded already, in this order. */
export function document(...fields: readonly Uint8Array[]): Buffer {
  const length = fields.reduce((sum, field) => sum + field.length, 5)
  const bytes = Buffer.allocUnsafe(length)
  let at = bytes.writeInt32LE(length, 0)
  for (const field of fields) {
    bytes.set(field, at)
    at += field.length
  }
  bytes[at] = 0
  return bytes
}

export function field(type: number, name: string, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(name), Buffer.of(0), value])
}

export function text(name: string, value: string): Buffer {
  return field(TYPE.string, name, textValue(value))
}

export function textValue(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int32Value(bytes.length + 1), bytes, Buffer.of(0)])
}

export function boolean(name: string, value: boolean): Buffer {
  return field(TYPE.boolean, name, Buffer.of(value ? 1 : 0))
}

export function int32(name: string, value: number): Buffer {
  return field(TYPE.int32, name, int32Value(value))
}

export function int32Value(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value)
  return bytes
}

export function int64(name: string, value: bigint): Buffer {
  return field(TYPE.int64, name, int64Value(value))
}

export function int64Value(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
  return bytes
}

/** The documents as an array: a document whose fields are called by their places. */
export function array(values: readonly Uint8Array[]): Buffer {
  return document(...values.map((value, place) => field(TYPE.document, String(place), value)))
}
