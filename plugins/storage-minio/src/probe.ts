import { text } from 'node:stream/consumers'
import type { Host, StorageProbe } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { minioError } from './errors.ts'
import { failureOf } from './failure.ts'
import { elementOf, elementsOf, parseXml, textOf, type Xml } from './xml.ts'

/**
 * Looks at the bucket and its settings. Whether it may be written to cannot be asked without writing: the first object
 * of a backup, its marker, tells before anything is dumped.
 */
export async function probe(bucket: Bucket, host: Host): Promise<StorageProbe> {
  const what = `minio://${bucket.name}`
  const notes = await host.retry(what, async () => {
    try {
      const { body } = await bucket.send({ method: 'GET', query: { 'list-type': 2, 'max-keys': 1 } }, host.signal)
      await text(body)
      return []
    } catch (error) {
      // Rights may be limited to a prefix, which is not known here.
      if (failureOf(error).code === 'AccessDenied') return ['the whole bucket may not be listed']
      throw minioError(error, `open ${what}`, bucket, host)
    }
  })
  const found = await Promise.all([versioning(bucket, host), objectLock(bucket, host), expiry(bucket, host)])
  return { writable: true, notes: [...notes, ...found.filter((note) => note !== undefined)] }
}

async function versioning(bucket: Bucket, host: Host): Promise<string | undefined> {
  const settings = await setting('versioning', 'VersioningConfiguration', bucket, host)
  if (settings === undefined || textOf(settings, 'Status') !== 'Enabled') return undefined
  return 'versioning is on: what is deleted stays as an old version until a lifecycle rule removes it'
}

async function objectLock(bucket: Bucket, host: Host): Promise<string | undefined> {
  const lock = await setting('object-lock', 'ObjectLockConfiguration', bucket, host)
  if (lock === undefined || textOf(lock, 'ObjectLockEnabled') !== 'Enabled') return undefined
  const [rule] = elementsOf(lock, 'Rule')
  const retention = rule && elementOf(rule, 'DefaultRetention')
  const mode = retention && textOf(retention, 'Mode')
  if (retention === undefined || mode === undefined) return 'object lock is on, without a default retention'
  const days = textOf(retention, 'Days')
  const time = days === undefined ? `${textOf(retention, 'Years')} years` : `${days} days`
  return `object lock keeps every object for ${time} (${mode.toLowerCase()})`
}

async function expiry(bucket: Bucket, host: Host): Promise<string | undefined> {
  const settings = await setting('lifecycle', 'LifecycleConfiguration', bucket, host)
  const rules = settings === undefined ? [] : elementsOf(settings, 'Rule')
  const days = rules
    .filter((rule) => textOf(rule, 'Status') === 'Enabled')
    .flatMap((rule) => textOf(elementOf(rule, 'Expiration') ?? {}, 'Days') ?? [])
  if (days.length === 0) return undefined
  return `a lifecycle rule deletes objects after ${Math.min(...days.map(Number))} days`
}

/** Settings need rights of their own. Not to know them is no reason to fail. */
async function setting(query: string, element: string, bucket: Bucket, host: Host): Promise<Xml | undefined> {
  try {
    const { body } = await bucket.send({ method: 'GET', query: { [query]: '' } }, host.signal)
    return elementOf(parseXml(await text(body)), element)
  } catch {
    host.signal.throwIfAborted()
    return undefined
  }
}
