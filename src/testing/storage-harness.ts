import type { Secret } from '../contract/host.ts'
import type { Storage } from '../contract/storage.ts'
import type { Excuse } from './engine-harness.ts'

/** What a storage's author provides so that the suite can question the storage. */
export interface StorageHarness {
  /** A storage of the real kind over a new container where nothing is. Disposing it removes the container. */
  open(): Promise<StorageFixture>
  /** A storage whose credentials are refused; or why there is no such thing. */
  readonly denied: (() => Promise<StorageFixture>) | Excuse
  /** A storage whose server does not answer; or why there is no such thing. */
  readonly unreachable: (() => Promise<StorageFixture>) | Excuse
  /**
   * A storage behind a network that can lose answers; or why there is no such thing. To be had for every storage that
   * has a network between.
   */
  readonly unreliable?: (() => Promise<UnreliableFixture>) | Excuse
  /** The size of the largest body to put, in bytes: more than two parts where uploads go in parts. 20 MB by default. */
  readonly largestBody?: number
  /** What must not stand in a label, an address or an error. */
  readonly secrets?: readonly Secret[]
}

export interface StorageFixture extends AsyncDisposable {
  readonly storage: Storage
  /** Leaves an upload of `key` unfinished, as a killed run would. Absent where a killed run leaves nothing. */
  strand?(key: string): Promise<void>
}

export interface UnreliableFixture extends StorageFixture {
  /** The server does what it is asked to by the next request that makes an object, and the answer never arrives. */
  loseLastAnswer(): void
}
