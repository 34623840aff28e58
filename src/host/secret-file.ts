import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretFile } from '../contract/host.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'

/** The first descriptor after stdin, stdout and stderr. */
const FIRST = 3

/**
 * A file that has no name any more when the secret is written into it, so that a killed run leaves none behind. It is
 * a file, not a pipe, because some programs read it twice, or refuse anything else.
 */
export async function secretFile(text: string, tempRoot: string): Promise<SecretFile> {
  const place = (await isWritable('/dev/shm')) ? '/dev/shm' : tempRoot
  const path = join(place, `dbvault-${randomUUID()}`)
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  try {
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      unlinkSync(path)
      // With a position, so that a child that inherits this very descriptor starts at the first byte.
      writeWhole(descriptor, Buffer.from(text))
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    return new UnnamedFile(descriptor)
  } catch (cause) {
    throw new DbvaultError('STORAGE_FAILED', `A file for a secret could not be written in ${place}`, { cause })
  }
}

/**
 * A descriptor for one child, to be closed once it has started. On Linux it is a reading position of its own, and
 * read-only; elsewhere children share one, so only the first that reads it without opening /dev/fd finds the text.
 * @throws INTERNAL when the file is disposed, or none of ours
 */
export function openForChild(file: SecretFile): number {
  if (!(file instanceof UnnamedFile)) throw new DbvaultError('INTERNAL', 'A secret file must come from host.secretFile')
  return openSync(`${process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd'}/${file.descriptor}`, 'r')
}

class UnnamedFile implements SecretFile {
  #descriptor: number | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  get descriptor(): number {
    if (this.#descriptor === undefined) throw new DbvaultError('INTERNAL', 'A secret file was used after its disposal')
    return this.#descriptor
  }

  path(place: number): string {
    return `/dev/fd/${FIRST + place}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, at)
}

async function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
