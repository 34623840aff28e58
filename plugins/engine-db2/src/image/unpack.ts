import type { ErrorCode, Host, Stored, SystemUser } from 'dbvault'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageIndex } from '../archive/image-index.ts'
import { readArchive } from '../archive/read-archive.ts'
import { makeDirectory } from '../instance/own.ts'

/** The files of an image where the server can read them. */
export interface Unpacked {
  readonly index: ImageIndex
  /** As many as it was written into. */
  readonly directories: readonly string[]
  readonly files: readonly string[]
}

/**
 * Writes the parts of a stored image below `directory`, each as it was named.
 * @throws `code` when what is stored is not whole, what the stream throws, PROOF_UNFINISHED or RESTORE_FAILED without space
 */
export async function unpack(
  stored: readonly Stored[],
  directory: string,
  owner: SystemUser | undefined,
  host: Host,
  code: 'PROOF_FAILED' | 'RESTORE_FAILED',
): Promise<Unpacked> {
  const directories = new Map<string, string>()
  let current: { readonly name: string; readonly file: FileHandle } | undefined
  const create = async (name: string): Promise<FileHandle> => {
    const [number = ''] = name.split('/')
    directories.set(number, directories.get(number) ?? (await makeDirectory(join(directory, number), owner)))
    const file = await open(join(directory, name), 'wx', 0o600)
    if (owner) await file.chown(owner.uid, owner.gid)
    return file
  }
  try {
    const index = await readArchive(stored, host, code, async ({ name }, chunk) => {
      if (current?.name !== name) {
        await current?.file.close()
        current = undefined
        current = { name, file: await create(name) }
      }
      for (let at = 0; at < chunk.length;) at += (await current.file.write(chunk, at)).bytesWritten
    })
    return {
      index,
      directories: [...directories.values()],
      files: index.parts.map(({ name }) => join(directory, name)),
    }
  } catch (error) {
    throw withoutSpace(error, host, code)
  } finally {
    await current?.file.close()
  }
}

function withoutSpace(error: unknown, host: Host, code: ErrorCode): unknown {
  const system = error instanceof Error && 'code' in error ? error.code : undefined
  if (system !== 'ENOSPC' && system !== 'EDQUOT') return error
  const meant = code === 'PROOF_FAILED' ? 'PROOF_UNFINISHED' : code
  return host.error(meant, 'There is no space left to unpack the image', {
    hints: ['It needs as much as the image, and a proof the database beside it: --temp-dir names another directory.'],
    cause: error,
  })
}
