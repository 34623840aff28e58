import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Host } from 'dbvault'
import type { Client } from './client.ts'
import type { Folders } from './folders.ts'
import { sending } from './sending.ts'

/**
 * What is being written lies in here, in a folder of its own, under the name that it is to have. Not beside the object:
 * rclone breaks off the listing of a folder in which a file is being written.
 */
export const PARTIAL = '.dbvault-partial'

/** What was begun is taken back after an abort, too, for at most so long. */
const CLEAN_UP_MS = 15_000
/** A server goes on for a moment with a request that was broken off, and has its file in use meanwhile. */
const AGAIN_MS = 50
const OFTEN_ABSENT = 3

/**
 * Sends a body under a name aside and then has the server move it to its own, unless that exists: `Overwrite: F` is
 * the server's own precondition. To look first and write then would be a race that loses backups.
 *
 * WebDAV has no uploads in parts, so a body is sent once, in one request; `host.upload` is for places that have them.
 * @returns how many bytes were sent. When it rejects, nothing is left
 */
export async function put(
  client: Client,
  folders: Folders,
  key: string,
  what: string,
  body: Readable,
  host: Host,
): Promise<number> {
  const aside = `${PARTIAL}/${randomUUID()}`
  const partial = `${aside}/${key}`
  let isWhole = false
  try {
    await folders.make(key, host)
    await folders.make(partial, host)
    const bytes = await sending(body, host.signal, async (content, signal) => {
      await client.tell(`store ${what}`, { method: 'PUT', key: partial, body: content, signal }, host)
    })
    isWhole = true
    await move(client, partial, key, what, host)
    return bytes
  } catch (error) {
    body.on('error', () => {}).destroy()
    folders.forget()
    throw error
  } finally {
    // What cannot be removed now `unfinished` will find; what came before is the thing to tell.
    await remove(client, aside, what, isWhole, host).catch(() => {})
  }
}

/** One that is asked for again after a lost answer may have been done: then there is nothing left to move. */
async function move(client: Client, partial: string, key: string, what: string, host: Host): Promise<void> {
  const { signal } = host
  const headers = { destination: client.urlOf(key).href, overwrite: 'F' }
  let asked = 0
  const status = await host.retry(what, async () => {
    asked += 1
    return client.tell(`store ${what}`, { method: 'MOVE', key: partial, headers, also: [404, 412], signal }, host)
  })
  if (status !== 404 && status !== 412) return
  const isLeft = await host.retry(what, async () => {
    const request = { method: 'PROPFIND', key: partial, headers: { depth: '0' }, also: [404], signal } as const
    return (await client.tell(`look at ${what}`, request, host)) !== 404
  })
  if (isLeft) throw host.error('OBJECT_EXISTS', `${what} is there already`)
  if (asked === 1) throw host.error('STORAGE_FAILED', `The server has lost what was sent of ${what}`)
}

/** Until it is certainly gone: a server may make a file of a broken request after it was told to remove that. */
async function remove(client: Client, aside: string, what: string, isWhole: boolean, host: Host): Promise<void> {
  const signal = AbortSignal.timeout(CLEAN_UP_MS)
  const request = { method: 'DELETE', key: aside, also: [404], signal } as const
  for (let absent = 0; ; await delay(AGAIN_MS, undefined, { signal })) {
    const status = await client.tell(`remove what is written of ${what}`, request, host).catch((error: unknown) => {
      // The file is in use there, which servers tell in many ways; one that cannot be reached is not waited for.
      if (Object(error).code !== 'STORAGE_FAILED') throw error
    })
    absent = status === 404 ? absent + 1 : 0
    if (absent === OFTEN_ABSENT || (isWhole && status !== undefined)) return
  }
}
