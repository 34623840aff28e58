import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { MANIFEST_BYTES_AT_MOST } from './manifest.ts'

/** A small object as text. @throws MANIFEST_INVALID when it is larger than any manifest */
export async function readText(storage: Storage, key: string, host: Host): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of await storage.get(key, host)) {
    bytes += chunk.length
    if (bytes > MANIFEST_BYTES_AT_MOST) {
      throw new DbvaultError('MANIFEST_INVALID', `${storage.address(key)} is too large for a manifest`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The same; undefined where it is absent. */
export async function textOf(storage: Storage, key: string, host: Host): Promise<string | undefined> {
  try {
    return await readText(storage, key, host)
  } catch (error) {
    if (DbvaultError.is(error) && error.code === 'OBJECT_NOT_FOUND') return undefined
    throw error
  }
}

/** The first bytes of an object; fewer when it is shorter. */
export async function readStart(open: () => Promise<AsyncIterable<Uint8Array>>, bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let got = 0
  for await (const chunk of await open()) {
    chunks.push(chunk)
    got += chunk.length
    if (got >= bytes) break
  }
  return Buffer.concat(chunks).subarray(0, bytes)
}
