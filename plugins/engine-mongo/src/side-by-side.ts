/** Something from one of several sources, or its end. */
export type Event<T> =
  | { readonly place: number; readonly value: T; readonly ended: false }
  | { readonly place: number; readonly ended: true }

/**
 * Reads several sources, so many at once and the others after them, and gives what comes as it comes. Each is asked for
 * more only when what it gave before was taken. The first failure ends all.
 */
export async function* sideBySide<T>(
  sources: readonly (() => AsyncGenerator<T>)[],
  atOnce: number,
): AsyncGenerator<Event<T>> {
  const open = new Map<number, AsyncGenerator<T>>()
  const arrived: (() => Event<T>)[] = []
  let wake = (): void => {}
  let started = 0

  const arrive = (event: () => Event<T>): void => {
    arrived.push(event)
    wake()
  }
  const ask = (place: number, source: AsyncGenerator<T>): void => {
    source.next().then(
      (next) =>
        arrive(() => (next.done === true ? { place, ended: true } : { place, value: next.value, ended: false })),
      (error: unknown) =>
        arrive(() => {
          throw error
        }),
    )
  }
  const start = (): void => {
    const source = sources[started]?.()
    if (source === undefined) return
    open.set(started, source)
    ask(started, source)
    started++
  }

  try {
    while (started < Math.min(atOnce, sources.length)) start()
    while (open.size > 0) {
      const next = arrived.shift()
      if (next === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const event = next()
      yield event
      const source = open.get(event.place)
      if (event.ended) {
        open.delete(event.place)
        start()
      } else if (source !== undefined) ask(event.place, source)
    }
  } finally {
    await Promise.allSettled(Array.from(open.values(), (source) => source.return(undefined)))
  }
}

/** Does something for each of many, so many at once, and gives what came of it in their order. */
export async function eachOf<T, R>(items: readonly T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const sources = items.map(
    (item, place) =>
      async function* (): AsyncGenerator<never> {
        results[place] = await act(item)
        yield* []
      },
  )
  for await (const _ of sideBySide(sources, atOnce));
  return results
}
