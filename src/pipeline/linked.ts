/**
 * Runs work under a signal of its own, which aborts with the caller's, and as soon as any part of the work reports a
 * failure through `fail`. A stage that waits on a silent tool ends by that signal; nothing else would wake it.
 *
 * When several parts fail, the first failure is the one that is thrown: the others are its echoes.
 */
export async function linked<T>(
  outer: AbortSignal,
  work: (signal: AbortSignal, fail: (error: unknown) => void) => Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const signal = AbortSignal.any([outer, inner.signal])
  const fail = (error: unknown): void => inner.abort(error)
  try {
    outer.throwIfAborted()
    return await work(signal, fail)
  } catch (error) {
    fail(error)
    throw signal.reason
  }
}

/** Waits for all of them, tells `fail` of the first failure at once, and throws it when every one has settled. */
export async function settleAll<const T extends readonly Promise<unknown>[]>(
  promises: T,
  fail: (error: unknown) => void,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  for (const promise of promises) promise.catch(fail)
  const settled = await Promise.allSettled(promises)
  const rejected = settled.find((result) => result.status === 'rejected')
  if (rejected) throw rejected.reason
  return Promise.all(promises)
}
