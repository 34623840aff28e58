import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'

/**
 * Has a request send a body, and sees to it that only the end of the body is the end of the request: when the body
 * fails, or on abort, the request is broken off, which the server knows to be incomplete.
 * @returns how many bytes the body had
 * @throws what the body threw, the reason of the abort, or what the request threw; then the body is destroyed
 */
export async function sending(
  body: Readable,
  abort: AbortSignal,
  request: (content: Readable, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const stop = new AbortController()
  const signal = AbortSignal.any([abort, stop.signal])
  const content = new PassThrough().on('error', () => {})
  let bytes = 0
  const pump = async (): Promise<void> => {
    if (body.errored) throw body.errored
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (!content.write(chunk)) await once(content, 'drain', { signal })
    }
    content.end()
  }
  // A body that is silent may hear of nothing, so an abort does not wait for it.
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  aborted.catch(() => {})
  let failed: { readonly error: unknown } | undefined
  const pumping = Promise.race([pump(), aborted]).catch((error: unknown) => {
    failed = { error }
    stop.abort(error)
  })
  try {
    abort.throwIfAborted()
    await request(content, signal)
    await pumping
    abort.throwIfAborted()
    if (failed) throw failed.error
    return bytes
  } catch (error) {
    // The first failure is the one to tell: that of the body, unless the request has failed by itself.
    const first = abort.aborted ? (abort.reason as Error) : (failed?.error ?? error)
    stop.abort(first)
    body.on('error', () => {}).destroy()
    content.destroy()
    throw first
  }
}
