import type { Dirent } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from 'dbvault'

/** What is in a store: the names of its files, in the order in which they are dumped, and of what is none. */
export interface Contents {
  readonly files: readonly string[]
  readonly others: readonly string[]
}

/** Names are compared by their bytes: an order that depends on no language is the same on every machine. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** A link or a folder with such a name is none: it may lead anywhere. */
const isOfStore = (entry: Dirent): boolean => entry.isFile() && isFileName(entry.name)

/** Whether a file of a store may be called that. What a dump says is not to be trusted with a path. */
export function isFileName(name: string): boolean {
  return /^[^/\0]+\.jsonl$/.test(name)
}

/** @throws SOURCE_NOT_FOUND, SOURCE_DENIED */
export async function contentsOf(folder: string, host: Host): Promise<Contents> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error, host)
  })
  const names = (wanted: boolean): string[] =>
    entries
      .filter((entry) => isOfStore(entry) === wanted)
      .map(({ name }) => name)
      .sort(byBytes)
  return { files: names(true), others: names(false) }
}

/** @throws SOURCE_NOT_FOUND, SOURCE_DENIED */
export async function openFile(folder: string, name: string, host: Host): Promise<FileHandle> {
  host.signal.throwIfAborted()
  const path = join(folder, name)
  return open(path).catch((error: unknown) => {
    throw unreadable(path, error, host)
  })
}

function unreadable(path: string, error: unknown, host: Host): unknown {
  const { code = '' } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return host.error('SOURCE_NOT_FOUND', `${path} is not there`, { cause: error })
    case 'ENOTDIR':
      return host.error('SOURCE_NOT_FOUND', `${path} is no folder`, {
        cause: error,
        hints: ['Name the folder that holds the .jsonl files.'],
      })
    default:
      return host.error('SOURCE_DENIED', `${path} cannot be read`, { cause: error })
  }
}
