import type { Host, Stored } from 'dbvault'
import type { RedisFingerprint } from '../fingerprint/fingerprint.ts'
import { Tally } from '../fingerprint/tally.ts'
import { readMember } from '../read-member.ts'
import { detailOf, type RdbHeader, type RdbKey, type RdbValue } from '../rdb/rdb-walk.ts'
import type { StreamDetail } from '../rdb/kinds.ts'

/** From this size on the size of a value is kept, so that it can be sent on while it is read. */
export const LARGE = 512 * 1024

/** What has to be known of a backup before anything of it is restored. */
export interface Survey {
  readonly header: RdbHeader
  readonly fingerprint: RedisFingerprint
  /** Of each member, the sizes of large values, by place of the key. */
  readonly large: readonly ReadonlyMap<number, number>[]
  readonly largest: number
  readonly libraries: readonly Buffer[]
  /** How much memory the source's server used. */
  readonly memory: number
  readonly checksum: boolean
}

/** Reads all members to their ends. @throws RESTORE_FAILED */
export async function survey(
  members: readonly Stored[],
  detail: StreamDetail | undefined,
  host: Host,
): Promise<Survey> {
  const tally = new Tally()
  const libraries = new Map<string, Buffer>()
  const large: Map<number, number>[] = []
  let header: RdbHeader | undefined
  let largest = 0
  let memory = 0
  let checksum = true
  for (const member of members) {
    const sizes = new Map<number, number>()
    let place = 0
    const visitor = {
      library(code: Buffer): void {
        tally.library(code)
        libraries.set(code.toString('latin1'), code)
      },
      aux(name: string, value: Buffer): void {
        if (name === 'used-mem') memory += Number(value.toString('latin1'))
      },
      value(key: RdbKey, value: RdbValue): void {
        tally.value(key, value)
        if (value.bytes >= LARGE) sizes.set(place, value.bytes)
        largest = Math.max(largest, value.bytes)
        place++
      },
    }
    const read = await readMember(
      member,
      visitor,
      { code: 'RESTORE_FAILED', ...(detail !== undefined && { detail }) },
      host,
    )
    if (header === undefined || read.header.version > header.version) header = read.header
    checksum &&= read.checksum
    large.push(sizes)
  }
  const known: RdbHeader = header ?? { product: 'redis', version: 0 }
  return {
    header: known,
    fingerprint: tally.fingerprint(detail ?? detailOf(known), false),
    large,
    largest,
    libraries: [...libraries.values()],
    memory,
    checksum,
  }
}
