import type { SqliteFingerprint } from '../fingerprint.ts'

/**
 * What runs in a worker thread. SQLite is synchronous in Node: on the main thread one long read would stop Ctrl-C,
 * compression and the progress line.
 */
export interface Jobs {
  survey: { input: { path: string; patience: number }; output: Survey }
  snapshot: { input: SnapshotInput; output: SqliteFingerprint | undefined }
  examine: { input: { path: string }; output: Examination }
  integrity: { input: { path: string; patience: number }; output: readonly string[] }
  replace: { input: ReplaceInput; output: ReplaceOutput }
}

export type JobName = keyof Jobs

export interface Survey {
  readonly version: string
  readonly pages: number
  readonly pageSize: number
  readonly journalMode: string
  /** What `quick_check` says, where the file is small enough to ask it. */
  readonly damage: readonly string[]
}

export interface SnapshotInput {
  readonly path: string
  /** Milliseconds to wait for a lock. */
  readonly patience: number
  /** An absent file in a private directory. */
  readonly copyTo: string
  readonly fingerprint: boolean
}

/** Posted by `snapshot` once the copy is whole; the fingerprint is still being read. */
export interface Copied {
  readonly bytes: number
}

export interface Examination {
  /** Lines that say what is broken; none when the file is sound. */
  readonly damage: readonly string[]
  /** Undefined when damage made it impossible. */
  readonly fingerprint: SqliteFingerprint | undefined
}

export interface ReplaceInput {
  /** Beside the target, durable, checked. */
  readonly replacement: string
  readonly target: string
  readonly patience: number
  /** Refuse when the target turns out to hold a database. */
  readonly onlyIfEmpty: boolean
}

export interface ReplaceOutput {
  readonly outcome: 'replaced' | 'not-empty' | 'unsettled'
  readonly notes: readonly string[]
}

/** What the worker posts. */
export type Message =
  | { readonly kind: 'copied'; readonly copied: Copied }
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** An error, as it crosses the thread border. */
export interface Failure {
  readonly message: string
  /** SQLite's extended result code. */
  readonly errcode?: number
  /** The system's word, such as ENOSPC. */
  readonly code?: string
  /** The table that was being read. */
  readonly table?: string
}
