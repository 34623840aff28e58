import { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Host, ObjectStat } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { s3Error } from './errors.ts'
import { failureOf } from './failure.ts'

/** What the server knows of an object; undefined if it is absent for certain. One attempt. */
export async function head(
  bucket: Bucket,
  key: string,
  host: Host,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await bucket.send(HeadObjectCommand, { Key: key, ChecksumMode: 'ENABLED' }, signal)
  } catch (error) {
    const { status } = failureOf(error)
    if (status === undefined || status < 300 || status >= 500) throw failed(error)
    return await whyNot(error)
  }

  /** An answer to HEAD has no body, and does not tell an absent object from an absent bucket. That to GET does. */
  async function whyNot(error: unknown): Promise<undefined> {
    try {
      const { Body } = await bucket.send(GetObjectCommand, { Key: key, Range: 'bytes=0-0' }, signal)
      discard(Body)
    } catch (reason) {
      if (failureOf(reason).code === 'NoSuchKey') return undefined
      throw failed(reason)
    }
    throw failed(error)
  }

  function failed(error: unknown): Error {
    return s3Error(error, `look at ${bucket.address(key)}`, bucket, host)
  }
}

export function statOf(key: string, found: HeadObjectCommandOutput, host: Host): ObjectStat {
  const { ContentLength, LastModified, ETag } = found
  if (ContentLength === undefined || LastModified === undefined) {
    throw host.error('STORAGE_FAILED', `The server does not tell the size and the time of ${key}`)
  }
  return {
    key,
    bytes: ContentLength,
    modifiedAt: inSeconds(LastModified),
    ...(ETag !== undefined && { version: ETag }),
  }
}

/** A listing may tell the time more exactly than a look at the object. */
export function inSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}

/** Closes a body that nobody reads, and with it its connection. */
export function discard(body: unknown): void {
  if (body instanceof Readable) body.on('error', () => {}).destroy()
}
