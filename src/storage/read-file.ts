import * as fs from 'node:fs'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { unlessAbsent } from './directory.ts'
import { diskError, onDisk } from './disk-error.ts'

const CHUNK = 512 * 1024

// By descriptors: a FileHandle takes thrice as long, and a listing reads thousands of small files.
const open = promisify(fs.open)
const fstat = promisify(fs.fstat)
const read = promisify(fs.read)
const close = promisify(fs.close)

/**
 * Opens a plain file, or a range of it. The stream gives the bytes that were there when it was opened, or fails.
 * @throws OBJECT_NOT_FOUND; STORAGE_FAILED for anything but a plain file
 */
export async function readFile(
  path: string,
  signal: AbortSignal,
  range: { readonly start: number; readonly end?: number } = { start: 0 },
): Promise<Readable> {
  // Without O_NONBLOCK the opening of a pipe that nobody writes to would wait for ever.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const file = await onDisk('read', path, () => open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)).catch(unlessAbsent)
  if (file === undefined) throw notFound(path)
  try {
    const found = await fstat(file)
    if (found.isDirectory()) throw notFound(path)
    if (!found.isFile()) throw new DbvaultError('STORAGE_FAILED', `${path} is not a plain file`)
    const end = Math.min(range.end ?? found.size, found.size)
    if (range.start > end) {
      throw new DbvaultError('STORAGE_FAILED', `${path} has ${found.size} bytes, so none from byte ${range.start} on`)
    }
    signal.throwIfAborted()
    return streamOf(file, path, signal, range.start, end)
  } catch (error) {
    await close(file)
    throw error
  }
}

function streamOf(file: number, path: string, signal: AbortSignal, start: number, end: number): Readable {
  let at = start
  const stream = new Readable({
    highWaterMark: CHUNK,
    read() {
      if (at === end) {
        this.push(null)
        return
      }
      const length = Math.min(CHUNK, end - at)
      read(file, Buffer.allocUnsafeSlow(length), 0, length, at).then(
        ({ buffer, bytesRead }) => {
          at += bytesRead
          if (bytesRead > 0) this.push(buffer.subarray(0, bytesRead))
          else this.destroy(shrank(path, at, end))
        },
        (error: unknown) => this.destroy(diskError('read', path, error) as Error),
      )
    },
    destroy(error, done) {
      signal.removeEventListener('abort', stop)
      close(file).then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      )
    },
  })
  const stop = (): void => void stream.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop)
  return stream
}

export function notFound(path: string): DbvaultError {
  return new DbvaultError('OBJECT_NOT_FOUND', `${path} does not exist`)
}

function shrank(path: string, at: number, end: number): DbvaultError {
  return new DbvaultError('STORAGE_FAILED', `${path} was cut while it was read: ${at} of ${end} bytes are there`)
}
