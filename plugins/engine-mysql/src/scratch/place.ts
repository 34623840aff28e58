import type { Host } from 'dbvault'
import type { Session } from '../server/session.ts'
import type { Facts } from '../server/facts.ts'

/** An empty database that only we know of. Disposing it removes it with all it holds. */
export interface Place extends AsyncDisposable {
  readonly session: Session
  readonly facts: Facts
  readonly database: string
  /** For all that is done here: its signal aborts when the server has fallen silent, too. */
  readonly host: Host
  /** Aborts then only. */
  readonly silence: AbortSignal
  /** Run before the dump, in the client's session. */
  readonly preamble: string
  /** Whether the server is ours alone: there events do not run, and users can be made. */
  readonly own: boolean
}
