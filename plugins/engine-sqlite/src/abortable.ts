/**
 * Ends when the signal aborts, even while the source is silent. A generator that waits for ever cannot be returned
 * from either, so the source is told but not waited for.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {})
  const abort = () => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort)
  const iterator = source[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise])
      if (next.done === true) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    if (!ended) {
      const returned = Promise.resolve(iterator.return?.()).catch(() => {})
      if (!signal.aborted) await returned
    }
  }
}
