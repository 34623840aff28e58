import type { Host } from 'dbvault'
import { Crc64 } from '../rdb/crc64.ts'
import { readText } from './bulk-reader.ts'
import { nameOf } from './server.ts'
import type { Wire } from './wire.ts'

/** What follows a value in what DUMP gives and RESTORE takes: the version of the format, and a checksum. */
export const FOOTER = 10

/** Reads what DUMP gave: first the type, then the value in parts. @throws what is wrong with it */
export async function* readPayload(
  wire: Wire,
  length: number,
  version: number,
  host: Host,
): AsyncGenerator<Buffer, void> {
  const crc = new Crc64()
  let left = length - FOOTER
  const footer: Buffer[] = []
  for await (const part of readText(wire, length)) {
    const value = part.subarray(0, Math.max(0, left))
    const rest = part.subarray(value.length)
    left -= value.length
    crc.update(value)
    if (rest.length > 0) footer.push(rest)
    if (value.length > 0) yield value
  }
  const end = Buffer.concat(footer)
  crc.update(end, 0, 2)
  const found = end.subarray(2)
  const none = found.every((byte) => byte === 0)
  if (length <= FOOTER || (!none && !found.equals(crc.digest()))) {
    throw host.error('DUMP_INCOMPLETE', `A value that ${nameOf(wire.server)} sent has a wrong checksum`, {
      retryable: true,
    })
  }
  if (end.readUInt16LE(0) === version) return
  throw host.error(
    'DUMP_FAILED',
    `The Redis server ${nameOf(wire.server)} writes version ${end.readUInt16LE(0)} of the format, not ${version} as servers of its version do`,
    { hints: ['Update @dbvault/engine-redis.'] },
  )
}
