import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import type { Host, StorageProbe } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { s3Error } from './errors.ts'
import { failureOf } from './failure.ts'

/**
 * Looks at the bucket and its settings. Whether it may be written to cannot be asked without writing: the first object
 * of a backup, its marker, tells before anything is dumped.
 */
export async function probe(bucket: Bucket, host: Host): Promise<StorageProbe> {
  const what = `s3://${bucket.name}`
  const notes = await host.retry(what, async () => {
    try {
      await bucket.send(ListObjectsV2Command, { MaxKeys: 1 }, host.signal)
      return []
    } catch (error) {
      // Rights may be limited to a prefix, which is not known here.
      if (failureOf(error).code === 'AccessDenied') return ['the whole bucket may not be listed']
      throw s3Error(error, `open ${what}`, bucket, host)
    }
  })
  const found = await Promise.all([versioning(bucket, host), objectLock(bucket, host), lifecycle(bucket, host)])
  return { writable: true, notes: [...notes, ...found.filter((note) => note !== undefined)] }
}

async function versioning(bucket: Bucket, host: Host): Promise<string | undefined> {
  const answer = await unlessUnknown(host, () => bucket.send(GetBucketVersioningCommand, {}, host.signal))
  if (answer?.Status !== 'Enabled') return undefined
  return 'versioning is on: what is deleted stays as an old version until a lifecycle rule removes it'
}

async function objectLock(bucket: Bucket, host: Host): Promise<string | undefined> {
  const answer = await unlessUnknown(host, () => bucket.send(GetObjectLockConfigurationCommand, {}, host.signal))
  const lock = answer?.ObjectLockConfiguration
  if (lock?.ObjectLockEnabled !== 'Enabled') return undefined
  const { Mode, Days, Years } = lock.Rule?.DefaultRetention ?? {}
  if (Mode === undefined) return 'object lock is on, without a default retention'
  const time = Days === undefined ? `${Years} years` : `${Days} days`
  return `object lock keeps every object for ${time} (${Mode.toLowerCase()})`
}

async function lifecycle(bucket: Bucket, host: Host): Promise<string | undefined> {
  const none = 'no lifecycle rule removes unfinished uploads, which cost as much as objects'
  const answer = await unlessUnknown(host, async () => {
    try {
      return await bucket.send(GetBucketLifecycleConfigurationCommand, {}, host.signal)
    } catch (error) {
      if (failureOf(error).code === 'NoSuchLifecycleConfiguration') return { Rules: [] }
      throw error
    }
  })
  if (answer === undefined) return undefined
  const rules = (answer.Rules ?? []).filter(({ Status }) => Status === 'Enabled')
  const days = rules.flatMap((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? [])
  const expiry = rules.flatMap((rule) => rule.Expiration?.Days ?? [])
  const notes = [
    days.length > 0 ? `unfinished uploads are removed after ${Math.min(...days)} days` : none,
    ...(expiry.length > 0 ? [`a lifecycle rule deletes objects after ${Math.min(...expiry)} days`] : []),
  ]
  return notes.join('; ')
}

/** Settings need rights of their own, and not every server has them. Not to know them is no reason to fail. */
async function unlessUnknown<T>(host: Host, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    host.signal.throwIfAborted()
    return undefined
  }
}
