import type { ErrorCode } from '../errors/error-code.ts'
import type { ErrorDetails } from '../errors/dbvault-error.ts'
import type { Readable } from 'node:stream'
import type { ObjectStat } from './storage.ts'
import type { Download, Upload } from './transfer.ts'

/** What the core hands to every long-running call on a plugin: the plugin's whole run-time world. */
export interface Host {
  /**
   * Aborts on Ctrl-C, on time-out, and when any other stage of the transfer fails. Every wait that can block must end
   * when it does; what was opened must be closed before the call settles.
   */
  readonly signal: AbortSignal
  /** Tells the user something. Never throws; nobody awaits it. */
  report(event: HostEvent): void
  /**
   * Runs a program and yields its stdout. Ends without an error only if the program exited with 0 and no signal, and
   * is gone, with all its output read. On abort or an early `break` it gets SIGTERM, then SIGKILL some seconds later.
   * With `input` that is fed to its stdin meanwhile, under the rules of `feedTool`.
   * @throws TOOL_NOT_FOUND, TOOL_FAILED (with the end of its stderr, secrets removed), and whatever the input throws
   */
  runTool(call: ToolCall, input?: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /**
   * Feeds a program's stdin from `input` and resolves with its stdout once it exited with 0. On any failure, of the
   * input too, it is killed by SIGKILL *before* its stdin closes: at end of input it would run a half statement.
   * Its stdout is kept in memory up to 1 MiB.
   * @throws TOOL_NOT_FOUND, TOOL_FAILED, and whatever the input throws
   */
  feedTool(call: ToolCall, input: AsyncIterable<Uint8Array>): Promise<string>
  /** A path such as /dev/fd/3 under which one child can read `text`; on disk it is 0600 and already unlinked. */
  secretFile(text: string): Promise<SecretFile>
  /**
   * A new empty directory, 0700, removed with all it holds on dispose, and by a later run if this one is killed. It
   * belongs to `owner`, who can reach it, or else to the user that this runs as.
   */
  tempDir(owner?: SystemUser): Promise<TempDir>
  /**
   * Makes one request, and makes it again while it fails with an error that is `retryable`: as often, and with such
   * waits, as the user has said, and not before a server's `retryAfterMs`. Each time the user is told. No step above
   * tries again what was tried here as often as it may be.
   * @param what names the request in messages, such as `the listing of s3://backups`
   * @param signal in place of the host's own
   */
  retry<T>(what: string, request: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /**
   * Puts a body of any length: in one request if it is small, else in parts, several at once, each sent again as
   * {@link Host.retry} does. Memory stays the same whatever the length: larger parts wait in an unlinked file. When
   * anything fails, or on abort, no object and no part is left; an object counts as put only if it has the size and the
   * digests of what was sent. When the answer to the last request is lost, the object is accepted only if it is ours.
   * @throws what the requests or the body throw; STORAGE_FAILED
   */
  upload<Begun, Sent>(body: Readable, upload: Upload<Begun, Sent>): Promise<ObjectStat>
  /**
   * Opens an object as a stream that ends only after all bytes that were promised when it was opened. A connection that
   * breaks or falls silent is replaced by another one from the next byte on.
   * @throws what `open` throws
   */
  download(download: Download): Promise<Readable>
  /**
   * Refuses a key that could mean another place than the one it names: an empty, `.` or `..` part, a leading or trailing
   * `/`, NUL. @throws USAGE
   */
  assertObjectKey(key: string): void
  /** Makes the core's error, so that a plugin needs nothing of the core at run time. */
  error(code: ErrorCode, message: string, details?: ErrorDetails): Error
}

export type HostEvent =
  /** What is happening now, in one or two words for the progress line. */
  | { readonly kind: 'phase'; readonly name: string }
  /** About how many bytes the dump will have. May be sent again when better known. */
  | { readonly kind: 'estimate'; readonly bytes: number }
  /** Something the user has to know and that belongs in the manifest: shown and recorded. */
  | { readonly kind: 'warning'; readonly message: string }
  /** A request failed for a passing reason and will be made again. Reported by {@link Host.retry}. */
  | {
      readonly kind: 'retry'
      readonly what: string
      readonly attempt: number
      readonly attempts: number
      readonly waitMs: number
      readonly reason: string
    }

export interface ToolCall {
  readonly command: string
  /** Visible to every user of the machine: never a secret. */
  readonly args: readonly string[]
  /** The program's whole environment but PATH. No secret either, where the program can read a file instead. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Who the program runs as, for programs that refuse to run as root. Only root may name another user than itself. */
  readonly user?: SystemUser
  /** Open files that the program inherits, from descriptor 3 on, in this order. */
  readonly secrets?: readonly SecretFile[]
  /** Texts that are cut out of whatever the program prints before anyone sees it. */
  readonly redact?: readonly Secret[]
  /** Ends this one program, as the host's own signal ends all: a server that is needed no longer. */
  readonly signal?: AbortSignal
  /**
   * It removes or puts back what this run has made or changed, so it runs when the host's signal has aborted, too, for
   * at most that long. Only for what another program has to do, such as to drop a database that no connection of ours can.
   */
  readonly cleanup?: { readonly withinMs: number }
}

/** A user of the operating system, by number. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

export interface SecretFile extends AsyncDisposable {
  /** Under which the child finds it, given its place in {@link ToolCall.secrets} (0 is the first). */
  path(place: number): string
}

export interface TempDir extends AsyncDisposable {
  readonly path: string
}

/** A password, key or connection string. Prints as `[secret]` everywhere: in templates, JSON and inspection. */
export interface Secret {
  reveal(): string
}
