import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import type { Storage } from '../../src/contract/storage.ts'
import { createHost } from '../../src/host/create-host.ts'

/** A host for looking at storages from outside. */
export const onlooker = createHost({ signal: new AbortController().signal })

export async function keysIn(storage: Storage): Promise<string[]> {
  const objects = await Array.fromAsync(storage.list('', onlooker))
  return objects.map(({ key }) => key).sort()
}

export async function put(storage: Storage, key: string, content: string | Uint8Array): Promise<void> {
  await storage.put(key, Readable.from([Buffer.from(content)]), onlooker)
}

export async function read(storage: Storage, key: string): Promise<string> {
  return text(await storage.get(key, onlooker))
}

/** An object by another content, as somebody with rights at the place can do it. */
export async function replace(storage: Storage, key: string, content: string | Uint8Array): Promise<void> {
  await storage.delete(key, onlooker)
  await put(storage, key, content)
}
