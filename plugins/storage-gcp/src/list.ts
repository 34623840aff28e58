import type { Host, ObjectStat } from 'dbvault'
import type { Bucket } from './bucket.ts'
import { gcpError } from './errors.ts'
import { type Found, statOf } from './head.ts'

interface Page {
  readonly items: readonly Found[]
  readonly next: string | undefined
}

/** Every object whose key starts with the prefix. */
export async function* objects(bucket: Bucket, prefix: string, host: Host): AsyncGenerator<ObjectStat> {
  const what = `gs://${bucket.name}/${prefix}`
  const seen = new Set<string>()
  for (let token: string | undefined; ;) {
    const page = await host.retry(`the listing of ${what}`, () => nextPage(token))
    for (const found of page.items) {
      const stat = statOfListed(found)
      if (isOurs(stat.key, host)) yield stat
      host.signal.throwIfAborted()
    }
    token = page.next
    if (token === undefined) return
    // Whoever stopped here would take what comes later for deleted.
    if (seen.has(token)) throw cutShort()
    seen.add(token)
  }

  async function nextPage(pageToken: string | undefined): Promise<Page> {
    const fields = 'kind,nextPageToken,items(name,size,timeCreated,generation)'
    try {
      const query = { prefix, fields, pageToken }
      const { kind, items = [], nextPageToken } = await bucket.json({ path: `${bucket.path}/o`, query }, host.signal)
      if (kind !== 'storage#objects' || !Array.isArray(items)) throw cutShort()
      if (nextPageToken !== undefined && (typeof nextPageToken !== 'string' || nextPageToken === '')) throw cutShort()
      return { items: items as Found[], next: nextPageToken }
    } catch (error) {
      throw gcpError(error, `list ${what}`, bucket, host, 'bucket')
    }
  }

  function statOfListed(found: Found): ObjectStat {
    const { name } = found
    if (typeof name !== 'string') throw cutShort()
    if (!name.startsWith(prefix)) {
      throw host.error('STORAGE_FAILED', `The server lists ${name} where only what starts with ${prefix} was asked for`)
    }
    return statOf(name, found, bucket.address(name), host)
  }

  function cutShort(): Error {
    return host.error('STORAGE_FAILED', `The listing of ${what} is not whole`, { retryable: true })
  }
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
