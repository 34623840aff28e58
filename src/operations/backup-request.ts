import type { Engine, Scratch, Source } from '../contract/engine.ts'
import type { Storage } from '../contract/storage.ts'
import type { ManifestProof, Status } from '../catalog/manifest.ts'
import type { Digested } from '../pipeline/artifact.ts'
import type { DbvaultError } from '../errors/dbvault-error.ts'

export type ProofLevel = 'restore' | 'check' | 'none'

/** Who may read a backup: the holder of one secret key, or of the identity of any of these recipients. */
export type EncryptionRequest =
  | { readonly scheme: 'fernet'; readonly key: string }
  | { readonly scheme: 'age'; readonly recipients: readonly string[] }

export interface BackupRequest {
  readonly engine: Engine
  readonly source: Source
  /** The first is where the dump is written to; the others are fed from there once it is proven. At least one. */
  readonly destinations: readonly Destination[]
  readonly compression: { readonly name: 'gzip' | 'zstd' | 'none'; readonly level?: number }
  readonly encryption?: EncryptionRequest
  readonly prove: ProofLevel
  /** Where the proof restores to; `auto` where absent. */
  readonly scratch?: Pick<Scratch, 'mode' | 'url'>
  /** Go on although the dump will lack something; what it lacks is recorded. */
  readonly allowIncomplete?: boolean
  readonly labels?: Readonly<Record<string, string>>
  /** Bytes a second that the dump is read at, at most. */
  readonly limitRate?: number
  /** Called once the backup is proven and before it is committed: the last moment at which a new key can be shown. */
  readonly beforeCommit?: () => Promise<void>
  readonly now?: () => Date
}

export interface Destination {
  readonly storage: Storage
  /** The whole key of the main artifact. */
  readonly key?: string
  /** Stands before the key that dbvault makes, such as `nightly/`. */
  readonly prefix?: string
}

/** What became of one database. */
export interface BackupResult {
  readonly id: string
  readonly engine: string
  readonly database: string
  readonly status: Status | 'failed'
  readonly artifact?: MemberResult['artifact']
  readonly dump?: Digested
  /** All of them, the main one first. */
  readonly members: readonly MemberResult[]
  readonly locations: readonly Location[]
  readonly proof?: Omit<ManifestProof, 'at'>
  /** Seconds. */
  readonly timings: Readonly<Record<'total' | 'dump' | 'prove' | 'upload', number>>
  readonly warnings: readonly string[]
  /** Why it failed, or what went wrong beside it. */
  readonly error?: DbvaultError
}

export interface MemberResult {
  readonly name: string
  readonly artifact: {
    readonly name: string
    readonly bytes: number
    readonly sha256: string
    readonly compression: string
    readonly encryption: string
  }
  readonly dump: Digested
}

export interface Location {
  readonly storage: string
  /** Of the main artifact. */
  readonly address: string
  readonly manifest?: string
  readonly status: 'stored' | 'failed'
  readonly error?: DbvaultError
}
