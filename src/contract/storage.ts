import type { Readable } from 'node:stream'
import type { FlagSpecs, FlagValues } from './flags.ts'
import type { Host } from './host.ts'
import type { StorageDescriptor } from './plugin.ts'

/** One kind of place. The default export of a storage plugin's module, `satisfies StoragePlugin<typeof flags>`. */
export interface StoragePlugin<S extends FlagSpecs = FlagSpecs> {
  readonly descriptor: StorageDescriptor<S>
  /**
   * Opens a container. Checks what can be checked without the network; contacts nothing.
   * @throws USAGE when a flag's value cannot be right
   */
  open(flags: FlagValues<S>, host: Host): Promise<Storage>
}

/**
 * One container of objects: a bucket, a directory. Keys are relative, with `/` between their parts, in any characters
 * but NUL, never with an empty, `.` or `..` part. Any method may be called side by side with any other.
 *
 * Every method takes the signal of its host to heart: when it aborts, the method rejects soon and leaves nothing.
 */
export interface Storage extends AsyncDisposable {
  /** For people: `s3 bucket backups`. Never holds a secret. */
  readonly label: string
  /** The storage's name as in `--cloud`, or `local`. */
  readonly name: string
  /**
   * `scheme://container/key`, the address that other commands accept for this object. Never holds a secret. Container
   * and key are percent-encoded, part by part, as `encodeURIComponent` does it; the core decodes them once before it
   * calls `open` with the container and any other method with the key.
   */
  address(key: string): string

  /** What this container allows and how it is set up; writes nothing. */
  probe(host: Host): Promise<StorageProbe>

  /**
   * Stores the whole body or nothing, durably, and refuses an existing key by the place's own precondition, never by
   * looking first. When the body throws, or on abort, it rejects and leaves no object and no unfinished parts.
   * @throws OBJECT_EXISTS, STORAGE_FULL, STORAGE_DENIED, STORAGE_UNREACHABLE, STORAGE_FAILED; or what the body threw
   */
  put(key: string, body: Readable, host: Host): Promise<ObjectStat>

  /**
   * Opens an object. A stream that gets fewer bytes than were promised fails instead of ending.
   * @throws OBJECT_NOT_FOUND before the first byte
   */
  get(key: string, host: Host, options?: GetOptions): Promise<Readable>

  /** Undefined means absent, for certain. Any doubt is an error. */
  stat(key: string, host: Host): Promise<ObjectStat | undefined>

  /**
   * Every object whose key starts with the prefix, once, in any order; throws rather than stop short. A prefix is text,
   * not a folder: `a` finds `ab`. Objects that are still being written are not listed.
   */
  list(prefix: string, host: Host): AsyncIterable<ObjectStat>

  /** Resolves once the object is gone, durably, whether or not it was there. */
  delete(key: string, host: Host): Promise<void>

  /** What killed runs have left of a `put`: parts, blocks, partial files. Those of living runs may be among them. */
  unfinished(prefix: string, host: Host): AsyncIterable<UnfinishedUpload>

  /** Removes what `unfinished` named. Resolves also when it is gone already. */
  abortUnfinished(upload: UnfinishedUpload, host: Host): Promise<void>
}

export interface GetOptions {
  /** From this byte, and up to but without that one where `end` is given. */
  readonly range?: { readonly start: number; readonly end?: number }
}

export interface ObjectStat {
  readonly key: string
  readonly bytes: number
  /** By the storage's own clock. */
  readonly modifiedAt: Date
  /** Changes when the object is replaced, where the place tells. */
  readonly version?: string
}

export interface UnfinishedUpload {
  readonly key: string
  /** The place's own name for it. */
  readonly id: string
  readonly startedAt: Date
  readonly bytes?: number
}

export interface StorageProbe {
  readonly writable: boolean
  /** What people should know: versioning, object lock, expiry of unfinished uploads, free space. One line each. */
  readonly notes: readonly string[]
}
