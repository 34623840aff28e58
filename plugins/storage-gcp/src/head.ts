import type { Host, ObjectStat } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { gcpError } from './errors.ts'
import { failureOf } from './failure.ts'

/** An object as the server describes it. */
export interface Found {
  readonly name?: unknown
  readonly size?: unknown
  readonly timeCreated?: unknown
  readonly generation?: unknown
  readonly crc32c?: unknown
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What the server knows of an object; undefined if it is absent for certain. One attempt. */
export async function head(bucket: Bucket, key: string, host: Host, signal: AbortSignal): Promise<Found | undefined> {
  try {
    const fields = 'name,size,timeCreated,generation,crc32c,metadata'
    return await bucket.json({ path: bucket.pathOf(key), query: { fields } }, signal)
  } catch (error) {
    if (failureOf(error).status === 404 && (await isThere(bucket, host, signal))) return undefined
    throw gcpError(error, `look at ${bucket.address(key)}`, bucket, host)
  }
}

/** That an object is absent and that its bucket is are both a 404. Whoever may list the bucket is told which. */
export async function isThere(bucket: Bucket, host: Host, signal: AbortSignal): Promise<true> {
  try {
    const query = { maxResults: '1', fields: 'kind' }
    await bucket.json({ path: `${bucket.path}/o`, query }, signal)
    return true
  } catch (error) {
    throw gcpError(error, `open gs://${bucket.name}`, bucket, host, 'bucket')
  }
}

/** @param what for the message */
export function statOf(key: string, found: Found, what: string, host: Host): ObjectStat {
  const { size, timeCreated, generation } = found
  const bytes = typeof size === 'string' && /^\d+$/.test(size) ? Number(size) : Number.NaN
  const modifiedAt = new Date(typeof timeCreated === 'string' ? timeCreated : Number.NaN)
  if (!Number.isSafeInteger(bytes) || Number.isNaN(modifiedAt.getTime()) || typeof generation !== 'string') {
    throw host.error('STORAGE_FAILED', `The server does not tell the size, the time and the generation of ${what}`)
  }
  return { key, bytes, modifiedAt, version: generation }
}
