/**
 * Passes on what a source gives, and throws the signal's reason once it aborts, even while the source is silent: such
 * a one cannot be ended, only left.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  for (;;) {
    signal.throwIfAborted()
    let stop: (() => void) | undefined
    try {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = () => reject(signal.reason as Error)
        signal.addEventListener('abort', stop)
        iterator.next().then(resolve, reject)
      })
      if (next.done === true) return
      yield next.value
    } finally {
      if (stop) signal.removeEventListener('abort', stop)
    }
  }
}
