/**
 * Ends when the signal aborts, even while the source is silent. A generator that waits for ever cannot be returned
 * from either, so the source is told but not waited for.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  // Not a race against one long-lived promise: that would keep every chunk that ever won against it.
  let interrupt: (() => void) | undefined
  const abort = () => interrupt?.()
  signal.addEventListener('abort', abort)
  let ended = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = () => reject(signal.reason as Error)
        iterator.next().then(resolve, reject)
      })
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
