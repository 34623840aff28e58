import { randomUUID } from 'node:crypto'
import { type FileHandle, link, mkdir, open, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Host, MadeObject, Part, Upload } from 'dbvault'
import { isAbsent, storageError } from './errors.ts'

/** What is being written has such a name; behind it stands the name that the object is to have. */
export const PARTIAL = /(?<=^|\/)\.partial-[0-9a-f-]{36}-(?=[^/]+$)/

const MiB = 1024 ** 2

/**
 * The requests that put one object into a folder; `host.upload` says which is made when, and what is done when one
 * fails. All parts go into a file aside, which is flushed and then linked to its name in one step. The link refuses a
 * name that exists: to look first and write then would be a race that loses backups.
 */
export function uploadTo(path: string, key: string, what: string, host: Host): Upload<FileHandle, void> {
  const partial = join(dirname(path), `.partial-${randomUUID()}-${basename(path)}`)
  let inode: number | undefined

  async function asking<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      throw storageError(error, `${doing} ${what}`, host)
    }
  }

  async function begin(): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true })
    return open(partial, 'wx', 0o600)
  }

  async function send(file: FileHandle, part: Part): Promise<void> {
    let at = part.start
    const content = part.content()
    for await (const bytes of Buffer.isBuffer(content) ? [content] : content) {
      for (let done = 0; done < bytes.length;)
        done += (await file.write(bytes, done, undefined, at + done)).bytesWritten
      at += bytes.length
    }
  }

  async function finish(file: FileHandle): Promise<void> {
    await file.sync()
    inode = (await file.stat()).ino
    await link(partial, path)
    await abort(file)
  }

  async function abort(file: FileHandle): Promise<void> {
    await file.close()
    await rm(partial, { force: true })
  }

  return {
    what,
    limits: { firstBytes: 4 * MiB, maxParts: Infinity, maxPartBytes: 4 * MiB, maxBytes: Infinity },
    partDigests: [],
    bodyDigests: [],
    inFlight: 1,

    putWhole: (part) =>
      asking('store', async () => {
        const file = await begin()
        try {
          await send(file, part)
          await finish(file)
        } catch (error) {
          await abort(file)
          throw error
        }
      }),
    begin: () => asking('begin to store', begin),
    sendPart: (file, part) => asking(`write part ${part.number} of`, () => send(file, part)),
    finish: (file) => asking('finish', () => finish(file)),
    abort: (file) => asking('remove what is written of', () => abort(file)),

    made: () =>
      asking('look at', async (): Promise<MadeObject | undefined> => {
        const found = await stat(path).catch((error: unknown) => {
          if (!isAbsent(error)) throw error
        })
        // Only this upload has made a file of this number.
        if (found === undefined || found.ino !== inode) return undefined
        return { stat: { key, bytes: found.size, modifiedAt: found.mtime }, digests: {} }
      }),
    remove: () => asking('remove', () => rm(path, { force: true })),
  }
}
