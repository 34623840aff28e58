import { text } from 'node:stream/consumers'
import type { Host, ObjectStat, UnfinishedUpload } from 'dbvault'
import type { Bucket, Request } from './bucket.ts'
import { minioError } from './errors.ts'
import { inSeconds } from './head.ts'
import { elementOf, elementsOf, parseXml, textOf, type Xml } from './xml.ts'

/** Every object whose key starts with the prefix. */
export async function* objects(bucket: Bucket, prefix: string, host: Host): AsyncGenerator<ObjectStat> {
  const what = `minio://${bucket.name}/${prefix}`
  const seen = new Set<string>()
  for (let token: string | undefined; ;) {
    const query = { 'continuation-token': token, 'encoding-type': 'url', 'list-type': 2, prefix }
    const page = await pageOf({ method: 'GET', query }, 'ListBucketResult', what, bucket, host)
    for (const object of elementsOf(page, 'Contents')) {
      const stat = statOf(object, page)
      if (stat === undefined) throw cutShort(what, host)
      if (!stat.key.startsWith(prefix)) {
        throw host.error('STORAGE_FAILED', `The server lists ${stat.key} where only ${prefix}… was asked for`)
      }
      if (isOurs(stat.key, host)) yield stat
      host.signal.throwIfAborted()
    }
    if (textOf(page, 'IsTruncated') !== 'true') return
    token = textOf(page, 'NextContinuationToken')
    // Whoever stopped here would take what comes later for deleted.
    if (!token || seen.has(token)) throw cutShort(what, host)
    seen.add(token)
  }
}

/** Uploads that were begun and neither finished nor removed. */
export async function* uploads(bucket: Bucket, prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
  const what = `the uploads to minio://${bucket.name}`
  const seen = new Set<string>()
  for (let after: Readonly<Record<string, string | undefined>> = {}; ;) {
    // MinIO takes a prefix for a whole key here, and would find nothing.
    const query = { uploads: '', 'encoding-type': 'url', ...after }
    const page = await pageOf({ method: 'GET', query }, 'ListMultipartUploadsResult', what, bucket, host)
    for (const upload of elementsOf(page, 'Upload')) {
      const key = decoded(upload, 'Key', page)
      const id = textOf(upload, 'UploadId')
      const startedAt = new Date(textOf(upload, 'Initiated') ?? '')
      if (key === undefined || id === undefined || Number.isNaN(startedAt.getTime())) throw cutShort(what, host)
      if (key.startsWith(prefix)) yield { key, id, startedAt }
      host.signal.throwIfAborted()
    }
    if (textOf(page, 'IsTruncated') !== 'true') return
    const place = {
      'key-marker': decoded(page, 'NextKeyMarker', page),
      'upload-id-marker': textOf(page, 'NextUploadIdMarker'),
    }
    const name = JSON.stringify(place)
    if (!place['key-marker'] || seen.has(name)) throw cutShort(what, host)
    seen.add(name)
    after = place
  }
}

/** A page of a listing, asked for again while it is not whole. */
async function pageOf(request: Request, name: string, what: string, bucket: Bucket, host: Host): Promise<Xml> {
  return host.retry(`the listing of ${what}`, async () => {
    try {
      const { body } = await bucket.send(request, host.signal)
      const page = elementOf(parseXml(await text(body)), name)
      if (page === undefined || textOf(page, 'IsTruncated') === undefined) throw cutShort(what, host)
      const count = textOf(page, 'KeyCount')
      if (count !== undefined && count !== String(elementsOf(page, 'Contents').length)) throw cutShort(what, host)
      return page
    } catch (error) {
      throw minioError(error, `list ${what}`, bucket, host)
    }
  })
}

function statOf(object: Xml, page: Xml): ObjectStat | undefined {
  const key = decoded(object, 'Key', page)
  const bytes = Number(textOf(object, 'Size') ?? Number.NaN)
  const modifiedAt = new Date(textOf(object, 'LastModified') ?? '')
  const version = textOf(object, 'ETag')
  if (key === undefined || !Number.isSafeInteger(bytes) || Number.isNaN(modifiedAt.getTime())) return undefined
  return { key, bytes, modifiedAt: inSeconds(modifiedAt), ...(version !== undefined && { version }) }
}

/** A server that does not know the encoding leaves keys as they are, and does not say that it encodes. */
function decoded(xml: Xml, name: string, page: Xml): string | undefined {
  const value = textOf(xml, name)
  if (value === undefined || textOf(page, 'EncodingType') !== 'url') return value
  return decodeURIComponent(value.replaceAll('+', ' '))
}

function cutShort(what: string, host: Host): Error {
  return host.error('STORAGE_FAILED', `The listing of ${what} is not whole`, { retryable: true })
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
