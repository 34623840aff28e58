import type { Readable } from 'node:stream'
import type { FlagSpecs, FlagValues } from './flags.ts'
import type { Host, Secret } from './host.ts'
import type { EngineDescriptor } from './plugin.ts'

/**
 * One kind of database. The default export of an engine plugin's module, `satisfies Engine<typeof flags>`.
 *
 * Obligations that the types cannot state:
 * - Nothing but `restore` writes to what the user owns; whatever `prove` makes is gone when it settles, however it does.
 * - Whoever opens, closes: no process, connection, file or scratch outlives a call, also when it fails or is aborted.
 * - Errors are made with `host.error`; anything else that is thrown is reported as a bug.
 * - Any method may be called again after a failure, and side by side for different databases.
 */
export interface Engine<S extends FlagSpecs = FlagSpecs> {
  readonly descriptor: EngineDescriptor<S>

  /**
   * Looks at the source without changing it: is it there, may we read all of it, what would be missing.
   * Fast: seconds, not the time of a dump. `scratch` is where a proof is going to restore to, if anywhere in particular.
   * @throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_NOT_FOUND, SOURCE_CORRUPT, TOOL_NOT_FOUND, TOOL_UNSUITABLE
   */
  probe(source: Source<S>, host: Host, scratch?: ScratchChoice): Promise<Probe>

  /** The databases that `--all-databases` means. Absent where a source is one database. */
  databases?(source: Source<S>, host: Host): AsyncIterable<string>

  /** Starts a dump. Throws nothing itself: what goes wrong is thrown by `members` or `fingerprint`. */
  dump(request: DumpRequest<S>, host: Host): Dump

  /**
   * Reads stored members to their end and checks what the format itself can tell, without a scratch target. Says
   * nothing about whether the right rows are in it.
   * @throws PROOF_FAILED naming what is wrong
   */
  check(stored: readonly Stored[], host: Host): Promise<Check>

  /**
   * Restores stored members into scratch, compares with `expected`, and removes the scratch. Needs no source.
   * A difference is a result, not an error.
   * @throws PROOF_UNFINISHED when scratch fails for a reason that says nothing about the backup (full, killed), and for
   * a fingerprint of another scheme: a later version may know it, and `verify` must not write down that the backup failed
   * @throws PROOF_FAILED when the members cannot be restored
   */
  prove(request: ProveRequest<S>, host: Host): Promise<Proof>

  /**
   * Says what is at the target now, without changing it. Called before any byte of the backup is read.
   * @throws SOURCE_UNREACHABLE, SOURCE_DENIED, and what `probe` throws for the target's server
   */
  inspect(target: Target<S>, host: Host): Promise<TargetState>

  /**
   * Restores into the target. Whatever happens, afterwards the target is either as it was or the whole backup. With
   * `replace: false` a target that is not empty is refused at the last moment too, not only by `inspect`.
   * @throws TARGET_NOT_EMPTY, RESTORE_FAILED
   */
  restore(request: RestoreRequest<S>, host: Host): Promise<RestoreReport>
}

/** Where a dump comes from, or a restore goes to. */
export interface Source<S extends FlagSpecs = FlagSpecs> {
  /** A database name, or the path of a file, as the user gave it. */
  readonly database: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly password?: Secret
  readonly url?: Secret
  readonly flags: FlagValues<S>
}

export interface Target<S extends FlagSpecs = FlagSpecs> extends Source<S> {
  /** Whether what is there may be replaced. */
  readonly replace: boolean
}

export interface Probe {
  /** What the database is called in names of backups: the part of it that a person would say. */
  readonly label: string
  /**
   * What tells this database from every other one, wherever it is called what: the real path of its file, the id of
   * its server and its name there. Only a digest of it is stored. Absent: the label has to do.
   */
  readonly identity?: string
  readonly product: string
  readonly version: string
  /** Programs that will be run, and their versions. */
  readonly tools?: Readonly<Record<string, string>>
  /** About how many bytes a dump will have. */
  readonly bytes?: number
  /** Whether everything in a dump is from one moment. */
  readonly consistency: 'point-in-time' | 'none'
  /** What must be known before the dump, such as missing rights. */
  readonly findings: readonly Finding[]
  /** Whether a restore into the wanted kind of scratch can be had, and if not why, and the ways out. */
  readonly scratch:
    | { readonly possible: true }
    | { readonly possible: false; readonly why: string; readonly hints: readonly string[] }
}

export interface Finding {
  /** `incomplete`: the dump would lack something; refused unless the user allows it. `warning`: only to be known. */
  readonly severity: 'incomplete' | 'warning'
  /** What is missing or odd, and why, in one line. */
  readonly message: string
  /** Exact statements or commands that mend it. */
  readonly fixes?: readonly string[]
}

export interface DumpRequest<S extends FlagSpecs = FlagSpecs> {
  readonly source: Source<S>
  /** Whether `fingerprint` will be called. Where it is false, the engine need not hold what only that needs. */
  readonly fingerprint: boolean
}

/** A running dump. Disposing it ends whatever it holds open; the core always does, and once. */
export interface Dump extends AsyncDisposable {
  /** Read once, in order, each to its end. Usually one; roles, events and cluster nodes are further ones. */
  readonly members: AsyncIterable<Member>
  /**
   * Counts and content digests of the very moment that `members` dump, read from the source and not from the copy.
   * Called at most once, while `members` are being read. Settles at the latest when the dump is disposed of, however
   * that has ended.
   */
  fingerprint(): Promise<Fingerprint>
}

export interface Member {
  /** `main` for the first; a short kebab-case word for each further one. */
  readonly name: string
  /** One of the descriptor's formats. */
  readonly format: Format
  /** Ending without an error claims completeness: the tool exited with 0 and the format's own end was written. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface Format {
  readonly id: string
  readonly extension: string
}

/** JSON that only the engine that wrote it reads. `scheme` names its version, such as `sqlite-rows-1`. */
export interface Fingerprint {
  readonly scheme: string
  readonly [detail: string]: Json
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A member of a stored backup, decrypted and decompressed as it is read. */
export interface Stored {
  readonly name: string
  readonly format: Format
  /** Of the dump, where it is known. */
  readonly bytes?: number
  /**
   * Opens it from its first byte; may be called again. What is read is provisional until the stream has ended: only
   * then have its digest and its MAC been checked, and a failure is thrown in place of the end.
   */
  open(): Promise<Readable>
}

export interface ProveRequest<S extends FlagSpecs = FlagSpecs> {
  readonly stored: readonly Stored[]
  /** Absent for a backup that was made without one. */
  readonly expected?: Fingerprint
  readonly scratch: Scratch<S>
}

/** Where the user wants a proof to restore to. */
export interface ScratchChoice {
  readonly mode: 'auto' | 'private' | 'source' | 'url'
  readonly url?: Secret
}

/** Where a proof may restore to. */
export interface Scratch<S extends FlagSpecs = FlagSpecs> extends ScratchChoice {
  /** The source of this run, in a backup. Absent in a later `verify`. */
  readonly source?: Source<S>
  readonly flags: FlagValues<S>
}

export interface Check {
  /** What was looked at, such as `{ pages: 120 }`. */
  readonly checked: Readonly<Record<string, number>>
}

export interface Proof {
  /**
   * `equal`: all that the fingerprint names was restored and compared equal. `different`: something was not.
   * `restorable`: it was restored and is sound in itself, but there was no fingerprint to compare with.
   */
  readonly outcome: 'equal' | 'different' | 'restorable'
  /** What was compared, such as `{ tables: 12, rows: 40000 }`. */
  readonly compared: Readonly<Record<string, number>>
  /** What differs, one line each; no row data. Bounded to a screenful. */
  readonly differences?: readonly string[]
}

export interface TargetState {
  readonly state: 'absent' | 'empty' | 'occupied'
  /** What is there, for people: `file shop.db, 5.2 MB`. */
  readonly description: string
  /** What a restore would stumble over or change, one line each. */
  readonly notes?: readonly string[]
}

export interface RestoreRequest<S extends FlagSpecs = FlagSpecs> {
  readonly stored: readonly Stored[]
  readonly target: Target<S>
  /** Where given, what was restored is compared with it before the target counts as restored. */
  readonly expected?: Fingerprint
}

export interface RestoreReport {
  /** Where it was restored to, for people; no secret. */
  readonly target: string
  readonly outcome: 'equal' | 'restorable'
  readonly restored: Readonly<Record<string, number>>
}
