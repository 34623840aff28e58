import type { Engine, Scratch, Source } from '../contract/engine.ts'
import type { FlagSpecs } from '../contract/flags.ts'

/**
 * What an engine's author provides so that the suite can question the engine. Fixtures are real databases. Read their
 * content with another client than the engine's own code, so that one mistake is not made twice.
 */
export interface EngineHarness<S extends FlagSpecs = FlagSpecs> {
  readonly engine: Engine<S>
  /**
   * A new database with everything that the engine says it dumps: every type at its limits, texts in many scripts,
   * empty and missing values, views, indexes. Its dump must be 1 MiB or more, for there to be a middle to stop in.
   */
  source(): Promise<SourceFixture<S>>
  /** A place to restore to where nothing is. */
  emptyTarget(): Promise<TargetFixture<S>>
  /** A place to restore to that holds something that is not in `source`. */
  occupiedTarget(): Promise<TargetFixture<S>>
  /** A database that is not there, on a server that is. */
  absentSource(): Promise<Source<S>>
  /** A server that does not answer; or why there is no such thing. */
  readonly unreachableSource: (() => Promise<Source<S>>) | Excuse
  /** A source with a password that is not the right one; or why there is no such thing. */
  readonly deniedSource: (() => Promise<Source<S>>) | Excuse
  /** Where to prove, if not `{ mode: 'auto' }` with the source at hand. */
  scratch?(source: Source<S>): Scratch<S>
  /**
   * Names whatever the engine could forget and that is not in the temporary directory: scratch databases, sessions,
   * files beside a source or a target. Not the sources and targets themselves.
   */
  leftovers?(): Promise<readonly string[]>
}

/** A reason, shown with the case that cannot be run. */
export type Excuse = string

interface Fixture extends AsyncDisposable {
  /** Everything that is in the database, in one text that is the same exactly when the content is; '' for nothing. */
  content(): Promise<string>
}

export interface SourceFixture<S extends FlagSpecs = FlagSpecs> extends Fixture {
  readonly source: Source<S>
  /** A text that stands once in one row, in letters and digits. */
  readonly marker: string
  /** Changes one value in one row, each time to another. */
  change(): Promise<void>
  /** Writes to the database, one transaction after the other and without pause, until it is stopped. */
  startWriter(): Promise<Writer>
}

export interface Writer {
  /** Resolves, once nothing is written any more, to how many transactions were committed. */
  stop(): Promise<number>
}

export interface TargetFixture<S extends FlagSpecs = FlagSpecs> extends Fixture {
  readonly target: Source<S>
}
