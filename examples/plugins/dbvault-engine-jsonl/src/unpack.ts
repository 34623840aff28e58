import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Host, Stored } from 'dbvault'
import { storedFiles } from './stored.ts'

/** Writes a dump that was stored into an empty folder, and only the owner may read it there. @throws PROOF_FAILED */
export async function unpack(stored: readonly Stored[], folder: string, host: Host): Promise<void> {
  for await (const { name, bytes } of storedFiles(stored, host)) {
    const file = createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(bytes, file, { signal: host.signal })
  }
  await syncFolder(folder)
}

/** A name is on the disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path)
  await folder.sync()
}
