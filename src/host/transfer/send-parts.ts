import type { HeldPart } from './cut-parts.ts'
import { partsAtOnce } from './part-space.ts'

/**
 * Sends parts side by side, as many as there may be, while the next one is filled; resolves with what `send` gave, in the
 * order of the parts. After the first failure `stop` is aborted with it, and it is thrown once all others have ended.
 */
export async function sendParts<Sent>(
  parts: AsyncIterable<HeldPart>,
  send: (part: HeldPart) => Promise<Sent>,
  inFlight: number,
  stop: AbortController,
): Promise<Sent[]> {
  const sent: Sent[] = []
  const running = new Set<Promise<void>>()

  async function sendOne(part: HeldPart): Promise<void> {
    try {
      sent[part.number - 1] = await send(part)
    } catch (error) {
      stop.abort(error) // The body may be silent for long: this ends the wait for it.
    } finally {
      await part.release()
    }
  }

  try {
    for await (const part of parts) {
      const most = Math.min(inFlight, partsAtOnce(part.bytes))
      while (running.size >= most) await Promise.race(running)
      const sending = sendOne(part)
      running.add(sending)
      void sending.finally(() => running.delete(sending))
    }
  } catch (error) {
    stop.abort(error)
  }
  await Promise.all(running)
  stop.signal.throwIfAborted()
  return sent
}
