import { constants, type Stats } from 'node:fs'
import { access, lstat, rmdir, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { Host } from '../contract/host.ts'
import type { GetOptions, ObjectStat, Storage, StorageProbe, UnfinishedUpload } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { bodyChunks } from '../host/body-chunks.ts'
import { assertRoot, directoryBelow, makeRoot, syncDirectory, unlessAbsent } from './directory.ts'
import { onDisk } from './disk-error.ts'
import { assertObjectKey } from '../host/object-key.ts'
import { finalName, partialName } from './partial-name.ts'
import { publish } from './publish.ts'
import { notFound, readFile } from './read-file.ts'
import { walk, type Found } from './walk.ts'
import { writeFileDurably } from './write-file.ts'

/** The name of every directory, where clouds have that of their plugin. */
export const LOCAL = 'local'

/**
 * A directory as a storage. An object is a file of its key's name, written under another name and linked when it is
 * whole and on the disk. The directory is made by the first `put`, and missing for everything else until then.
 */
export function localStorage(directory: string): Storage {
  return new LocalStorage(resolve(directory))
}

class LocalStorage implements Storage {
  readonly name = LOCAL
  readonly label: string
  readonly #root: string

  constructor(root: string) {
    this.#root = root
    this.label = pathToFileURL(root).href
  }

  address(key: string): string {
    return pathToFileURL(join(this.#root, key)).href
  }

  async probe(host: Host): Promise<StorageProbe> {
    host.signal.throwIfAborted()
    const place = await nearestThere(this.#root)
    if (!(await onDisk('look at', place, () => stat(place))).isDirectory()) {
      throw new DbvaultError('STORAGE_FAILED', `${place} is not a directory`)
    }
    const writable = await access(place, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    )
    const { bavail, bsize } = await onDisk('look at', place, () => statfs(place))
    const notes = [`${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free`]
    if (place !== this.#root) notes.unshift('does not exist yet; the first backup makes it')
    return { writable, notes }
  }

  async put(key: string, body: Readable, host: Host): Promise<ObjectStat> {
    body.on('error', () => {}) // Thrown where the body is read, however early it comes.
    try {
      const { parts, name } = split(key)
      if (finalName(name) !== undefined) throw new DbvaultError('USAGE', `${JSON.stringify(key)} is reserved`)
      host.signal.throwIfAborted()
      await makeRoot(this.#root)
      const folder = (await directoryBelow(this.#root, parts, true)) as string
      const partial = join(folder, partialName(name))
      try {
        await writeFileDurably(partial, bodyChunks(body, host.signal))
        host.signal.throwIfAborted()
        await publish(partial, join(folder, name))
      } catch (error) {
        await unlink(partial).catch(() => {}) // Then `unfinished` names it.
        throw error
      }
      return statOf(key, await onDisk('read', join(folder, name), () => lstat(join(folder, name))))
    } catch (error) {
      host.signal.throwIfAborted()
      throw error
    } finally {
      body.destroy()
    }
  }

  async get(key: string, host: Host, { range }: GetOptions = {}): Promise<Readable> {
    host.signal.throwIfAborted()
    const { parts, name } = split(key)
    try {
      const folder = await directoryBelow(this.#root, parts)
      if (folder === undefined) throw notFound(join(this.#root, key))
      return await readFile(join(folder, name), host.signal, range)
    } catch (error) {
      // Only then: a listing reads thousands.
      if (DbvaultError.is(error) && error.code === 'OBJECT_NOT_FOUND') await assertRoot(this.#root)
      throw error
    }
  }

  async stat(key: string, host: Host): Promise<ObjectStat | undefined> {
    host.signal.throwIfAborted()
    const { parts, name } = split(key)
    await assertRoot(this.#root)
    const folder = await directoryBelow(this.#root, parts)
    if (folder === undefined) return undefined
    const path = join(folder, name)
    const stats = await onDisk('read', path, () => lstat(path)).catch(unlessAbsent)
    if (stats === undefined || stats.isDirectory()) return undefined
    if (!stats.isFile()) throw new DbvaultError('STORAGE_FAILED', `${path} is not a plain file`)
    return statOf(key, stats)
  }

  async *list(prefix: string, host: Host): AsyncGenerator<ObjectStat> {
    for await (const { folder, name, stats } of this.#below(prefix, host)) {
      const key = folder + name
      if (stats.isFile() && key.startsWith(prefix) && finalName(name) === undefined) yield statOf(key, stats)
    }
  }

  async delete(key: string, host: Host): Promise<void> {
    if ((await this.stat(key, host)) === undefined) return
    const path = join(this.#root, key)
    await onDisk('remove', path, () => unlink(path)).catch(unlessAbsent)
    await syncDirectory(dirname(path))
  }

  async *unfinished(prefix: string, host: Host): AsyncGenerator<UnfinishedUpload> {
    for await (const { folder, name, stats } of this.#below(prefix, host)) {
      const final = finalName(name)
      if (final === undefined || !`${folder}${final}`.startsWith(prefix)) continue
      const upload = { key: folder + final, id: folder + name, startedAt: stats.mtime }
      yield stats.isFile() ? { ...upload, bytes: stats.size } : upload
    }
  }

  async abortUnfinished({ id }: UnfinishedUpload, host: Host): Promise<void> {
    host.signal.throwIfAborted()
    const { parts, name } = split(id)
    if (finalName(name) === undefined) throw new DbvaultError('USAGE', `${JSON.stringify(id)} is no unfinished upload`)
    const folder = await directoryBelow(this.#root, parts)
    if (folder === undefined) return
    const path = join(folder, name)
    const stats = await onDisk('read', path, () => lstat(path)).catch(unlessAbsent)
    if (stats === undefined) return
    await onDisk('remove', path, () => (stats.isDirectory() ? rmdir(path) : unlink(path))).catch(unlessAbsent)
    await syncDirectory(folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Only the directory that the prefix leads to, not the whole root. */
  async *#below(prefix: string, host: Host): AsyncGenerator<Found> {
    host.signal.throwIfAborted()
    await assertRoot(this.#root)
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    if (folder !== '') assertObjectKey(folder.slice(0, -1))
    const directory = await directoryBelow(this.#root, folder.split('/').slice(0, -1))
    if (directory !== undefined) yield* walk(directory, folder, host.signal)
  }
}

/** The path itself, or the nearest above it that is there. */
async function nearestThere(path: string): Promise<string> {
  const found = await onDisk('look at', path, () => lstat(path)).catch(unlessAbsent)
  return found || path === dirname(path) ? path : nearestThere(dirname(path))
}

function split(key: string): { parts: string[]; name: string } {
  assertObjectKey(key)
  const parts = key.split('/')
  const name = parts.pop() as string
  return { parts, name }
}

function statOf(key: string, stats: Stats): ObjectStat {
  return { key, bytes: stats.size, modifiedAt: stats.mtime, version: `${stats.ino}-${stats.mtimeMs}` }
}
