import type { Host, StorageProbe } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { gcpError } from './errors.ts'
import { failureOf } from './failure.ts'

const DAY_SECONDS = 86_400
const NEEDED = ['storage.objects.create', 'storage.objects.get', 'storage.objects.list', 'storage.objects.delete']
const ABOUT_UPLOADS = 'unfinished uploads cannot be listed; they cost nothing and end after a week'

/** What Google says of a bucket, as far as it matters here. */
interface BucketSettings {
  readonly versioning?: { readonly enabled?: boolean }
  readonly softDeletePolicy?: { readonly retentionDurationSeconds?: string }
  readonly retentionPolicy?: { readonly retentionPeriod?: string; readonly isLocked?: boolean }
  readonly defaultEventBasedHold?: boolean
  readonly objectRetention?: { readonly mode?: string }
  readonly lifecycle?: { readonly rule?: readonly Rule[] }
}

interface Rule {
  readonly action?: { readonly type?: string }
  readonly condition?: { readonly age?: number; readonly isLive?: boolean }
}

/**
 * Looks at the bucket and its settings. Whether it may be written to under a key is told by the first object of a backup,
 * its marker, before anything is dumped: rights may be limited to a prefix.
 */
export async function probe(bucket: Bucket, host: Host): Promise<StorageProbe> {
  const what = `gs://${bucket.name}`
  const notes = await host.retry(what, async () => {
    try {
      await bucket.json({ path: `${bucket.path}/o`, query: { maxResults: '1', fields: 'kind' } }, host.signal)
      return []
    } catch (error) {
      const { status, code } = failureOf(error)
      if (status === 403 && code === 'forbidden') return ['the whole bucket may not be listed']
      throw gcpError(error, `open ${what}`, bucket, host, 'bucket')
    }
  })
  const [settings, rights] = await Promise.all([settingsOf(bucket, host), missingRights(bucket, host)])
  return { writable: true, notes: [...notes, ...rights, ...notesOf(settings), ABOUT_UPLOADS] }
}

function notesOf(settings: BucketSettings): string[] {
  const { versioning, softDeletePolicy, retentionPolicy, defaultEventBasedHold, objectRetention, lifecycle } = settings
  const notes: string[] = []
  if (versioning?.enabled === true) {
    notes.push('versioning is on: what is deleted stays as an old version until a lifecycle rule removes it')
  }
  const softSeconds = Number(softDeletePolicy?.retentionDurationSeconds ?? 0)
  if (softSeconds > 0) notes.push(`soft delete keeps what is deleted for ${time(softSeconds)}, and it costs meanwhile`)
  const retention = Number(retentionPolicy?.retentionPeriod ?? 0)
  if (retention > 0) {
    const locked = retentionPolicy?.isLocked === true ? ', and is locked' : ''
    notes.push(`a retention policy forbids to delete any object for ${time(retention)}${locked}`)
  }
  if (defaultEventBasedHold === true)
    notes.push('every new object is on hold, and cannot be deleted until it is released')
  if (objectRetention?.mode === 'Enabled') notes.push('objects can have a retention of their own')
  const ages = (lifecycle?.rule ?? [])
    .filter(({ action, condition }) => action?.type === 'Delete' && condition?.isLive !== false)
    .flatMap(({ condition }) => condition?.age ?? [])
  if (ages.length > 0) notes.push(`a lifecycle rule deletes objects after ${Math.min(...ages)} days`)
  return notes
}

function time(seconds: number): string {
  return seconds % DAY_SECONDS === 0 ? `${seconds / DAY_SECONDS} days` : `${seconds} seconds`
}

async function settingsOf(bucket: Bucket, host: Host): Promise<BucketSettings> {
  const fields = 'versioning,softDeletePolicy,retentionPolicy,defaultEventBasedHold,objectRetention,lifecycle'
  return (await unlessUnknown(host, () => bucket.json({ path: bucket.path, query: { fields } }, host.signal))) ?? {}
}

async function missingRights(bucket: Bucket, host: Host): Promise<readonly string[]> {
  const path = `${bucket.path}/iam/testPermissions?${NEEDED.map((right) => `permissions=${right}`).join('&')}`
  const answer = await unlessUnknown(host, () => bucket.json({ path }, host.signal))
  if (answer?.['kind'] !== 'storage#testIamPermissionsResponse') return []
  const { permissions: granted = [] } = answer
  const missing = NEEDED.filter((right) => !(Array.isArray(granted) && granted.includes(right)))
  return missing.length === 0 ? [] : [`on the bucket as a whole these rights are missing: ${missing.join(', ')}`]
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
