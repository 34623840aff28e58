import type { ErrorCode, Host, Stored } from 'dbvault'
import { format } from '../descriptor.ts'

export interface Members {
  readonly main: Stored
  /** Apart, because events begin to run when they are restored. */
  readonly events?: Stored
}

/** The members that a backup of ours has. @throws `code` */
export function readMembers(stored: readonly Stored[], host: Host, code: ErrorCode): Members {
  const [main, events, ...more] = stored
  const known =
    main?.name === 'main' && (!events || events.name === 'events') && stored.every((one) => one.format.id === format.id)
  if (!known || more.length > 0) {
    throw host.error(
      code,
      'These are not the members of a MySQL backup: a main one, and one of events if there are any',
    )
  }
  return { main, ...(events && { events }) }
}
