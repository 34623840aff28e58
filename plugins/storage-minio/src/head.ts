import type { Host, ObjectStat } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { minioError } from './errors.ts'
import { failureOf } from './failure.ts'

type Headers = Readonly<Record<string, string>>

/** What the server knows of an object, as headers; undefined if it is absent for certain. One attempt. */
export async function head(bucket: Bucket, key: string, host: Host, signal: AbortSignal): Promise<Headers | undefined> {
  try {
    const headers = { 'x-amz-checksum-mode': 'ENABLED' }
    const answer = await bucket.send({ method: 'HEAD', key, headers }, signal)
    answer.body.resume()
    return answer.headers
  } catch (error) {
    const { status } = failureOf(error)
    if (status === undefined || status >= 500) throw failed(error)
    return await whyNot(error)
  }

  /** An answer to HEAD has no body, and does not tell an absent object from an absent bucket. That to GET does. */
  async function whyNot(error: unknown): Promise<undefined> {
    try {
      const { body } = await bucket.send({ method: 'GET', key, headers: { range: 'bytes=0-0' } }, signal)
      body.on('error', () => {}).destroy()
    } catch (reason) {
      if (failureOf(reason).code === 'NoSuchKey') return undefined
      throw failed(reason)
    }
    throw failed(error)
  }

  function failed(error: unknown): Error {
    return minioError(error, `look at ${bucket.address(key)}`, bucket, host)
  }
}

export function statOf(key: string, headers: Headers, host: Host): ObjectStat {
  const bytes = Number(headers['content-length'])
  const modifiedAt = new Date(headers['last-modified'] ?? '')
  if (!Number.isSafeInteger(bytes) || Number.isNaN(modifiedAt.getTime())) {
    throw host.error('STORAGE_FAILED', `The server does not tell the size and the time of ${key}`)
  }
  const { etag } = headers
  return { key, bytes, modifiedAt: inSeconds(modifiedAt), ...(etag !== undefined && { version: etag }) }
}

/** A listing tells the time more exactly than a look at the object. */
export function inSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000)
}
