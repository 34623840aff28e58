import type { ErrorCode, Host, Stored } from 'dbvault'
import { Broken, guarded, Refused, TooLong, type GuardOptions, type Totals } from './statements.ts'
import { packetError } from './packet-error.ts'
import { untilAborted } from './until-aborted.ts'
import { withTrailer } from './trailer.ts'

export interface Reading extends GuardOptions {
  /** Is counted up. */
  readonly totals?: Totals
}

/**
 * Reads a stored dump to its end. A dump without its last line, or with a statement that reaches out of the database,
 * ends with an error before its last bytes, or that statement, were yielded.
 * @throws `code`, and what the stream throws
 */
export async function* readStored(
  stored: Stored,
  host: Host,
  code: ErrorCode,
  { totals = { statements: 0, bytes: 0 }, ...options }: Reading = {},
): AsyncGenerator<Uint8Array> {
  host.signal.throwIfAborted()
  const stream = await stored.open()
  const incomplete = (): Error => host.error(code, 'What is stored is not a whole dump: its last line is missing')
  try {
    yield* guarded(
      withTrailer(untilAborted(stream as AsyncIterable<Uint8Array>, host.signal), incomplete),
      totals,
      options,
    )
    host.signal.throwIfAborted()
  } catch (error) {
    host.signal.throwIfAborted()
    if (error instanceof Refused) {
      throw host.error(code, `The dump holds a statement that does not belong into one: ${error.words}`, {
        hints: ['It could change what is outside of the place that is restored to, so it is not run.'],
      })
    }
    if (error instanceof TooLong) throw packetError(host, options.longest ?? 0, code)
    if (error instanceof Broken) throw host.error(code, `What is stored is not a whole dump: ${error.message}`)
    throw error
  } finally {
    stream.destroy()
  }
}
