import {
  type _Object,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import type { Host, ObjectStat, UnfinishedUpload } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { s3Error } from './errors.ts'
import { inSeconds } from './head.ts'

/** Every object whose key starts with the prefix. */
export async function* objects(bucket: Bucket, prefix: string, host: Host): AsyncGenerator<ObjectStat> {
  const what = `s3://${bucket.name}/${prefix}`
  const seen = new Set<string>()
  for (let token: string | undefined; ;) {
    const page = await host.retry(`the listing of ${what}`, () => nextPage(token))
    for (const object of page.Contents ?? []) {
      const stat = statOf(object, page.EncodingType === 'url')
      if (isOurs(stat.key, host)) yield stat
      host.signal.throwIfAborted()
    }
    if (page.IsTruncated !== true) return
    token = page.NextContinuationToken
    // Whoever stopped here would take what comes later for deleted.
    if (token === undefined || seen.has(token)) throw cutShort()
    seen.add(token)
  }

  async function nextPage(token: string | undefined): Promise<ListObjectsV2CommandOutput> {
    const input = {
      Prefix: prefix,
      EncodingType: 'url',
      ...(token !== undefined && { ContinuationToken: token }),
    } as const
    try {
      const page = await bucket.send(ListObjectsV2Command, input, host.signal)
      if (page.IsTruncated === undefined) throw cutShort()
      if (page.KeyCount !== undefined && page.KeyCount !== (page.Contents ?? []).length) throw cutShort()
      return page
    } catch (error) {
      throw s3Error(error, `list ${what}`, bucket, host)
    }
  }

  function statOf({ Key, Size, LastModified, ETag }: _Object, isEncoded: boolean): ObjectStat {
    const key = decoded(Key, isEncoded)
    if (key === undefined || Size === undefined || LastModified === undefined) throw cutShort()
    if (!key.startsWith(prefix)) {
      throw host.error('STORAGE_FAILED', `The server lists ${key} where only what starts with ${prefix} was asked for`)
    }
    return { key, bytes: Size, modifiedAt: inSeconds(LastModified), ...(ETag !== undefined && { version: ETag }) }
  }

  function cutShort(): Error {
    return host.error('STORAGE_FAILED', `The listing of ${what} is not whole`, { retryable: true })
  }
}

/** Uploads that were begun and neither finished nor removed. */
export async function* uploads(bucket: Bucket, prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
  const what = `s3://${bucket.name}`
  const seen = new Set<string>()
  for (let after: { KeyMarker?: string; UploadIdMarker?: string } = {}; ;) {
    const page = await host.retry(`the listing of uploads to ${what}`, async () => {
      try {
        // MinIO takes a prefix for a whole key here, and would find nothing.
        const page = await bucket.send(ListMultipartUploadsCommand, { EncodingType: 'url', ...after }, host.signal)
        if (page.IsTruncated === undefined) throw cutShort()
        return page
      } catch (error) {
        throw s3Error(error, `list the uploads to ${what}`, bucket, host)
      }
    })
    const isEncoded = page.EncodingType === 'url'
    for (const upload of page.Uploads ?? []) {
      const found = unfinishedOf(upload, isEncoded)
      if (found === undefined) throw cutShort()
      if (found.key.startsWith(prefix)) yield found
      host.signal.throwIfAborted()
    }
    if (page.IsTruncated !== true) return
    const KeyMarker = decoded(page.NextKeyMarker, isEncoded)
    const place = JSON.stringify([KeyMarker, page.NextUploadIdMarker])
    if (KeyMarker === undefined || seen.has(place)) throw cutShort()
    seen.add(place)
    after = { KeyMarker, ...(page.NextUploadIdMarker && { UploadIdMarker: page.NextUploadIdMarker }) }
  }

  function cutShort(): Error {
    return host.error('STORAGE_FAILED', `The listing of uploads to ${what} is not whole`, { retryable: true })
  }
}

function unfinishedOf({ Key, UploadId, Initiated }: MultipartUpload, isEncoded: boolean): UnfinishedUpload | undefined {
  const key = decoded(Key, isEncoded)
  if (key === undefined || UploadId === undefined || Initiated === undefined) return undefined
  return { key, id: UploadId, startedAt: Initiated }
}

/** Servers that do not know the encoding leave keys as they are, and do not say that they encode. */
function decoded(text: string | undefined, isEncoded: boolean): string | undefined {
  return text === undefined || !isEncoded ? text : decodeURIComponent(text.replaceAll('+', ' '))
}

/** Folders that consoles make, and other keys that no storage of dbvault has. */
function isOurs(key: string, host: Host): boolean {
  try {
    host.assertObjectKey(key)
    return true
  } catch {
    return false
  }
}
