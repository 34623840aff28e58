import pLimit from 'p-limit'
import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import { utcStamp } from './backup-id.ts'
import { fileName, roleOf } from './layout.ts'
import { looksLikeManifest, type Manifest, parseManifest } from './manifest.ts'
import { isOurName } from './orphans.ts'
import { type ProofRecord, parseProofRecord } from './proof-record.ts'
import { readText } from './read-object.ts'

/** Manifests are read side by side, so many at once. */
const READS_AT_ONCE = 16
/** By how much the clock of whoever proves may be ahead. */
const CLOCKS_DIFFER_MS = 24 * 3_600_000

/** Of one backup; `key` is that of its main artifact. */
export type ManifestRead =
  | { readonly key: string; readonly manifest: Manifest; readonly text: string }
  | { readonly key: string; readonly error: DbvaultError }

export type ProofRead =
  | { readonly key: string; readonly record: ProofRecord; readonly text: string }
  | { readonly key: string; readonly error: DbvaultError }

/** Reads the manifests of a place side by side, bounded, beginning with the first one that is named. */
export class Manifests {
  readonly #storage: Storage
  readonly #host: Host
  readonly #limit = pLimit(READS_AT_ONCE)
  readonly #manifests: Promise<ManifestRead | undefined>[] = []
  readonly #all: Promise<unknown>[] = []
  #stopped = false

  constructor(storage: Storage, host: Host) {
    this.#storage = storage
    this.#host = host
  }

  /** Begins to. What comes of it is told by `all`. */
  read(key: string): void {
    this.#manifests.push(this.#begin(() => this.#readOne(key)))
  }

  /** In the order in which they were asked for, without those that are none, or gone. @throws what the storage throws */
  async all(): Promise<readonly ManifestRead[]> {
    return (await Promise.all(this.#manifests)).filter((one) => one !== undefined)
  }

  /** Begins nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.allSettled(this.#all)
  }

  /**
   * Of the records with these keys, newest first, the first that is one: of this backup, of the time that its name says
   * and not from a clock that is ahead. Else a copy, or anything else, of a later name would hide what a proof has found.
   */
  async newestProof(id: string, keys: readonly string[], now: Date): Promise<ProofRead | undefined> {
    for (const key of keys) {
      const proof = await this.#begin(() => this.#readProof(key))
      if (proof === undefined) continue
      if ('error' in proof || isProofOf(id, proof, now)) return proof
    }
    return undefined
  }

  #begin<T>(read: () => Promise<T>): Promise<T | undefined> {
    const reading = this.#limit(() => (this.#stopped ? undefined : read()))
    // Who awaits it throws its failure; until then it must not count as unhandled.
    reading.catch(() => {})
    this.#all.push(reading)
    return reading
  }

  async #readProof(key: string): Promise<ProofRead | undefined> {
    try {
      const text = await unlessGone(readText(this.#storage, key, this.#host))
      const record = text === undefined ? undefined : parseProofRecord(text)
      return record && { key, record, text: text as string }
    } catch (error) {
      if (isInvalid(error)) return { key, error }
      throw error
    }
  }

  async #readOne(key: string): Promise<ManifestRead | undefined> {
    const role = roleOf(key)
    if (role.role !== 'manifest') return undefined
    const { artifact } = role
    try {
      const read = await unlessGone(readManifest(this.#storage, key, this.#host))
      return read && { ...read, key: artifact }
    } catch (error) {
      if (!isInvalid(error)) throw error
      const foreign = !isOurName(artifact) && !looksLikeManifest(await readText(this.#storage, key, this.#host))
      return foreign ? undefined : { key: artifact, error }
    }
  }
}

function isProofOf(id: string, { key, record }: Exclude<ProofRead, { error: unknown }>, now: Date): boolean {
  const role = roleOf(key)
  const at = new Date(record.at)
  // What failed counts whoever's clock is wrong.
  const isAhead = at.getTime() > now.getTime() + CLOCKS_DIFFER_MS && record.outcome !== 'failed'
  return record.id === id && role.role === 'proof' && role.at === utcStamp(at) && !isAhead
}

const isInvalid = (error: unknown): error is DbvaultError => DbvaultError.is(error) && error.code === 'MANIFEST_INVALID'

/** Undefined for what was deleted since it was listed. */
async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (DbvaultError.is(error) && error.code === 'OBJECT_NOT_FOUND') return undefined
    throw error
  })
}

/**
 * Reads one manifest, and requires that it stands beside the artifact that it describes.
 * @throws MANIFEST_INVALID, OBJECT_NOT_FOUND
 */
export async function readManifest(
  storage: Storage,
  key: string,
  host: Host,
): Promise<{ readonly manifest: Manifest; readonly text: string }> {
  const where = storage.address(key)
  const text = await readText(storage, key, host)
  const manifest = parseManifest(text, where)
  const main = manifest.members[0]?.artifact.name
  if (`${main}.json` === fileName(key)) return { manifest, text }
  throw new DbvaultError('MANIFEST_INVALID', `The manifest ${where} belongs to another artifact, ${main}`, {
    hints: ['It was renamed or moved there. Give it and its artifact their own names back.'],
  })
}
