import type { Host } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import { manifestKey } from '../catalog/layout.ts'
import { looksLikeManifest } from '../catalog/manifest.ts'
import { type PendingMarker, startMarker } from '../catalog/pending-marker.ts'
import { textOf } from '../catalog/read-object.ts'
import { DbvaultError } from '../errors/dbvault-error.ts'
import type { OperationContext } from './context.ts'
import { cleanupHost } from './host-for.ts'
import { putManifest } from './put-manifest.ts'

/**
 * What one run makes at one place: a marker, the artifacts of the members, and last the manifest, which makes a backup
 * of them. Whoever begins one ends it, by `commit` or by `discard`.
 */
export class Placement {
  readonly storage: Storage
  readonly #context: OperationContext
  readonly #subject: string
  readonly #onWarning: (message: string) => void
  readonly #keys: string[] = []
  readonly #bytes: number[] = []
  readonly #made: string[] = []
  #mainKey = ''
  /** Its manifest may be there. */
  #committing = false
  #marker: PendingMarker | undefined

  constructor(
    storage: Storage,
    context: OperationContext,
    subject: string,
    onWarning = (message: string): void => context.report({ kind: 'warning', subject, message }),
  ) {
    this.storage = storage
    this.#context = context
    this.#subject = subject
    this.#onWarning = onWarning
  }

  /** Of the artifacts, the main one first. */
  get keys(): readonly string[] {
    return this.#keys
  }

  /** Of the main artifact, also where it did not get there; of the whole place, where nothing was ever tried. */
  get address(): string {
    return this.storage.address(this.#mainKey)
  }

  /** Sets up the marker beside the main artifact, before that is there. @throws LOCKED, and what `put` throws */
  async begin(mainKey: string, host: Host): Promise<void> {
    this.#mainKey = mainKey
    this.#marker ??= await startMarker(this.storage, mainKey, host)
  }

  /** Says that an artifact is whole at its place. One that was there before this run is not this run's to delete. */
  add(key: string, bytes: number, madeByThisRun = true): void {
    this.#keys.push(key)
    this.#bytes.push(bytes)
    if (madeByThisRun) this.#made.push(key)
  }

  /**
   * Writes the manifest, after one more look at the artifacts: somebody may have deleted or replaced one meanwhile.
   * @throws STORAGE_FAILED when they have; what `putManifest` throws. Then nothing is committed
   */
  async commit(manifest: string): Promise<void> {
    const place = { storage: this.storage, key: manifestKey(this.#mainKey) }
    this.#committing = true
    await putManifest(place, manifest, this.#context, this.#subject, (host) => this.#lookOnceMore(host))
    // They are a backup's from here on, and nobody's to take back.
    this.#made.length = 0
    await this.#removeMarker()
  }

  /**
   * Takes back the artifacts, and stays at the place: it may be fed once more. Throws nothing, as `discard`. What a manifest
   * names, or may name, is a backup's and stays.
   */
  async clear(): Promise<void> {
    const host = cleanupHost(this.#context, this.#subject)
    const made = this.#made.length > 0 && (await this.#mayBeBackup(host)) ? [] : this.#made
    const deleted = await Promise.allSettled(made.map((key) => this.storage.delete(key, host)))
    if (deleted.some(({ status }) => status === 'rejected')) {
      this.#onWarning(`What this run has made at ${this.address} could not be removed; prune does later`)
    }
    for (const list of [this.#made, this.#keys, this.#bytes]) list.length = 0
  }

  /** Takes back what this run has made. Throws nothing: what cannot be deleted is an orphan, and listed as one. */
  async discard(): Promise<void> {
    await this.clear()
    await this.#removeMarker()
  }

  async #mayBeBackup(host: Host): Promise<boolean> {
    const manifest = manifestKey(this.#mainKey)
    const found = await textOf(this.storage, manifest, host).then(
      (text = '') => looksLikeManifest(text),
      () => 'unknown' as const,
    )
    if (found === true) this.#onWarning(`${this.address} stays: there is a manifest beside it`)
    if (found !== 'unknown' || !this.#committing) return found === true
    this.#onWarning(`${this.address} stays: whether its manifest was written cannot be told now`)
    return true
  }

  async #removeMarker(): Promise<void> {
    const marker = this.#marker
    this.#marker = undefined
    await marker?.remove(cleanupHost(this.#context, this.#subject)).catch(() => {
      this.#onWarning('The marker of this run could not be removed; it counts as dead after 15 minutes')
    })
  }

  async #lookOnceMore(host: Host): Promise<void> {
    for (const [index, key] of this.#keys.entries()) {
      const stat = await this.storage.stat(key, host)
      const expected = this.#bytes[index]
      if (stat?.bytes === expected) continue
      throw new DbvaultError(
        'STORAGE_FAILED',
        `${this.storage.address(key)} ${stat ? `now has ${stat.bytes} bytes instead of ${expected}` : 'is gone'}, before its backup was committed`,
      )
    }
  }
}
