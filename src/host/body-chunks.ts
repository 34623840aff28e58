import type { Readable } from 'node:stream'
import { DbvaultError } from '../errors/dbvault-error.ts'

const EVENTS = ['readable', 'end', 'error', 'close']

/**
 * The chunks of a stream, until the signal aborts: then its reason is thrown at once. Iterating the stream itself would
 * not do, since one that is made from a generator cannot even be destroyed while the generator waits for something.
 */
export async function* bodyChunks(body: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let wake = (): void => {}
  const onChange = (): void => wake()
  for (const event of EVENTS) body.on(event, onChange)
  signal.addEventListener('abort', onChange)
  try {
    for (;;) {
      signal.throwIfAborted()
      const chunk = body.read() as Uint8Array | null
      if (chunk !== null) yield chunk
      else if (body.errored) throw body.errored
      else if (body.readableEnded) return
      else if (body.destroyed) throw new DbvaultError('INTERNAL', 'What was to be stored was closed before its end')
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', onChange)
    for (const event of EVENTS) body.off(event, onChange)
    body.on('error', () => {}).destroy()
  }
}
