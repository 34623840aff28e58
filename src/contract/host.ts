import type { ErrorCode } from '../errors/error-code.ts'
import type { ErrorDetails } from '../errors/dbvault-error.ts'

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
   * @throws TOOL_NOT_FOUND, TOOL_FAILED (with the end of its stderr, secrets removed)
   */
  runTool(call: ToolCall): AsyncIterable<Uint8Array>
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
