import type { SystemUser } from 'dbvault'
import { chown, mkdir } from 'node:fs/promises'

/** A new directory that the server, too, can write into. */
export async function makeDirectory(path: string, owner: SystemUser | undefined): Promise<string> {
  await mkdir(path, { mode: 0o700 })
  if (owner) await chown(path, owner.uid, owner.gid)
  return path
}
