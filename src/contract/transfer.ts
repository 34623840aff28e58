import type { Readable } from 'node:stream'
import type { ObjectStat } from './storage.ts'

/** What {@link Host.upload} can compute of the bytes that it sends. `crc64nvme` and `crc32c` are those of the big clouds. */
export type DigestName = 'crc32' | 'crc32c' | 'crc64nvme' | 'md5' | 'sha256'

/** Digests by name, most significant byte first; each cloud has its own way to write them. */
export type Digests = Readonly<Partial<Record<DigestName, Buffer>>>

/**
 * What a place allows of an upload in parts. The first parts have `firstBytes`; the size doubles at even distances, so
 * that `maxParts` parts reach `maxBytes`. A part is therefore always `firstBytes` times a power of two, but the last one.
 */
export interface PartLimits {
  /** At least what the place asks of every part but the last, and a multiple of what it asks for. */
  readonly firstBytes: number
  /** May be infinite: then all parts have `firstBytes`. */
  readonly maxParts: number
  /** The largest part. */
  readonly maxPartBytes: number
  /** The largest object. */
  readonly maxBytes: number
}

/** A piece of a body, ready to be sent, and to be sent again. */
export interface Part {
  /** From 1 on. */
  readonly number: number
  /** Which byte of the body is its first one. */
  readonly start: number
  readonly bytes: number
  /** Whether the body ends with it. */
  readonly last: boolean
  /** One of those that {@link Upload.partDigests} asked for. */
  digest(name: DigestName): Buffer
  /**
   * Its bytes, for one attempt: a buffer that must not be written to, or, where the part waits on disk, a new stream
   * from its first byte. Valid until the call that got the part settles.
   */
  content(): Buffer | Readable
}

/**
 * The requests that put one object somewhere: a plugin says what each of them is, {@link Host.upload} says which is made
 * when, how often, and what is done when one fails. Every request
 *
 * - is made with the `signal` that it is given, not with the host's: some have to be made after an abort;
 * - is made once. It fails with `retryable` (and `retryAfterMs`, where the server said so) if it may be made again;
 * - rejects only when it is over: nothing of it is sent any more.
 */
export interface Upload<Begun, Sent> {
  /** For messages and never secret: the address of the object. */
  readonly what: string
  readonly limits: PartLimits
  /** What is computed of each part on the way. */
  readonly partDigests: readonly DigestName[]
  /** What is computed of the whole body. A CRC costs nothing more where it is computed of each part anyhow. */
  readonly bodyDigests: readonly DigestName[]
  /** How many parts may be under way at once at most; 1 where they have to arrive in their order. 4 where absent. */
  readonly inFlight?: number

  /** Puts a whole body that fits in one part, refusing an existing object by the place's own precondition. */
  putWhole(part: Part, signal: AbortSignal): Promise<void>
  /** Begins an upload in parts. */
  begin(signal: AbortSignal): Promise<Begun>
  /** Sends a part, under its number: sent again, it replaces what an earlier attempt may have left. */
  sendPart(upload: Begun, part: Part, signal: AbortSignal): Promise<Sent>
  /**
   * Makes the parts one object, refusing an existing one by the place's own precondition. `sent` has what `sendPart`
   * resolved with, in the order of the parts.
   */
  finish(upload: Begun, sent: readonly Sent[], body: WholeBody, signal: AbortSignal): Promise<void>
  /**
   * The object at the key, if this very upload has made it: told by something that only this upload has put there, such
   * as a random word among its metadata. Undefined if there is none, or another one.
   */
  made(signal: AbortSignal): Promise<MadeObject | undefined>
  /** Removes an upload with all its parts. Resolves also when it is gone or finished. */
  abort(upload: Begun, signal: AbortSignal): Promise<void>
  /** Deletes an object that `made` has found. */
  remove(made: MadeObject, signal: AbortSignal): Promise<void>
}

/** All that was sent. */
export interface WholeBody {
  readonly bytes: number
  readonly parts: number
  /** Those that {@link Upload.bodyDigests} asked for. */
  readonly digests: Digests
}

/** An object as the place describes it once it is there. */
export interface MadeObject {
  readonly stat: ObjectStat
  /** Those of the whole object that the place knows; they have to equal what was sent. */
  readonly digests: Digests
}

/** How an object is read; see {@link Host.download}. */
export interface Download {
  /** For messages and never secret: the address of the object. */
  readonly what: string
  /** The first byte that is wanted. 0 where absent. */
  readonly start?: number
  /** The first byte that is not wanted any more; absent for all to the end. */
  readonly end?: number
  /**
   * Opens the object at a byte, `start` the first time. Once the object was opened, any other version of it is refused
   * with an error, so that a stream is never made from two.
   */
  open(at: number, signal: AbortSignal): Promise<OpenedObject>
}

export interface OpenedObject {
  readonly body: Readable
  /** How many bytes the server says that the body has. */
  readonly bytes: number
  /**
   * The server's Content-Range, or null where it sends none, which means all of the object: held against what was asked
   * for. Absent where whoever opens it has seen to that.
   */
  readonly range?: string | null
}
